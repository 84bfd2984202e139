"""Long recordings of known text: clips one after the other, with silence or noise between them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from edge_bench.corpus import Clip
from edge_runtime.arrays import Array, Seconds, Waveform
from edge_runtime.audio.load import load_audio

RATE: Final = 16_000
_MAX_CLIP_S: Final[Seconds] = 60.0
_SNR_DB: Final = (0.0, 20.0)
"""Levels of noise below that of the clip before it."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A clip in a long recording, with its times."""

    clip: Clip
    start: Seconds
    end: Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """What lies between the clips.

    Attributes:
        shortest: seconds of the shortest pause.
        longest: seconds of the longest pause.
        noise: whether there is noise in them, of 0 to 20 dB below the clip; else digital silence.
    """

    shortest: Seconds = 1.0
    longest: Seconds = 8.0
    noise: bool = False


def write_long_recording(
    path: Path, clips: Sequence[Clip], folder: Path, duration_s: Seconds, gaps: Gaps, seed: int
) -> list[Placed]:
    """Write clips in random order, each again when all were used, until they last `duration_s`.

    Args:
        path: the FLAC file to write; samples go to it clip by clip.
        clips: with speech.
        folder: of their recordings.
        duration_s: length to reach.
        gaps: between the clips.
        seed: of the order and the gaps.

    Returns:
        The clips with their times.
    """
    import soundfile  # noqa: PLC0415  # only this command needs it

    chance = random.Random(seed)  # noqa: S311  # reproducible, no secret
    placed: list[Placed] = []
    at = 0
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as file:
        for clip in _shuffled(clips, chance):
            samples = load_audio(folder / clip.audio, RATE, _MAX_CLIP_S).waveform
            gap = _gap(chance, samples, gaps)
            file.write(samples)
            file.write(gap)
            placed.append(Placed(clip, at / RATE, (at + len(samples)) / RATE))
            at += len(samples) + len(gap)
            if at >= duration_s * RATE:
                return placed
    raise AssertionError("clips never end")


def _shuffled(clips: Sequence[Clip], chance: random.Random) -> Iterator[Clip]:
    while True:
        yield from chance.sample(clips, len(clips))


def _gap(chance: random.Random, before: Waveform, gaps: Gaps) -> Array:
    num_samples = int(chance.uniform(gaps.shortest, gaps.longest) * RATE)
    generator = np.random.default_rng(chance.randrange(1 << 32))
    if not gaps.noise:
        return np.zeros(num_samples, np.float32)
    noise = _colored(generator, num_samples, float(generator.choice((0.0, 0.5, 1.0))))
    level = float(np.sqrt(np.mean(np.square(before)))) * 10 ** (-generator.uniform(*_SNR_DB) / 20)
    return np.clip(level * noise, -1, 1).astype(np.float32)


def _colored(generator: np.random.Generator, num_samples: int, slope: float) -> Array:
    """Return noise of power 1 that falls with frequency: white (0), pink (0.5) or brown (1)."""
    spectrum = np.fft.rfft(generator.standard_normal(num_samples))
    spectrum /= np.maximum(1, np.arange(len(spectrum))) ** slope
    noise = np.fft.irfft(spectrum, num_samples)
    return noise / max(1e-9, float(np.sqrt(np.mean(np.square(noise)))))
