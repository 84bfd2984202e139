"""Recordings to stream: clips one by one, several with pauses, and speech without any."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from edge_bench.corpus import SpeechClip, UnitSpan
from edge_bench.scoring.mixed_units import mixed_units
from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.audio.load import load_audio

RATE: Final = 16_000
_MAX_CLIP_S: Final[Seconds] = 60.0
_BEHIND_S: Final[Seconds] = 1.0
"""Silence behind the last word, so that an endpoint is found."""
BREATH_S: Final = (0.05, 0.25)
"""Pauses of speech that goes on: too short for an endpoint."""
_MINUTE_S: Final[Seconds] = 60.0


@dataclass(frozen=True, slots=True)
class StreamedRecording:
    """A recording with what is said in it.

    Attributes:
        samples: mono at 16 kHz.
        text: what is said.
        spoken: the same, word by word with times.
    """

    samples: Waveform
    text: str
    spoken: tuple[UnitSpan, ...]


def alone(clip: SpeechClip, folder: Path) -> StreamedRecording:
    """Return a clip with silence behind it."""
    return _joined([clip], folder, lambda: _BEHIND_S)


def with_pauses(
    clips: Sequence[SpeechClip], folder: Path, duration_s: Seconds, pauses: tuple[Seconds, Seconds], seed: int
) -> StreamedRecording:
    """Return clips in random order with pauses between them, as many as last `duration_s`."""
    chance = random.Random(seed)  # noqa: S311  # reproducible, no secret
    chosen: list[SpeechClip] = []
    lasts_s = 0.0
    for clip in _shuffled(clips, chance):
        chosen.append(clip)
        lasts_s += len(_samples(clip, folder)) / RATE + sum(pauses) / 2
        if lasts_s >= duration_s:
            break
    return _joined(chosen, folder, lambda: chance.uniform(*pauses))


def endless(clips: Sequence[SpeechClip], folder: Path, minutes: int, seed: int) -> tuple[Waveform, Waveform]:
    """Return speech without pauses: a minute, and what lies between it and the same minute at the end.

    Both begin and end with silence, so that the segments of the minute are the same each time.
    """
    minute = with_pauses(clips, folder, _MINUTE_S, BREATH_S, seed).samples[: round(_MINUTE_S * RATE)]
    between_s = (minutes - 2) * _MINUTE_S
    between = with_pauses(clips, folder, between_s, BREATH_S, seed + 1).samples[: round(between_s * RATE)]
    silence = np.zeros(round(_BEHIND_S * RATE), np.float32)
    return np.concatenate([silence, minute, silence]), np.concatenate([between, silence])


def word_times(clip: SpeechClip, duration_s: Seconds) -> tuple[UnitSpan, ...]:
    """Return the words of a clip with their times; unknown ones are in proportion to the letters."""
    if clip.units:
        return clip.units
    words = mixed_units(clip.text)
    ends = np.cumsum([len(word) for word in words]) / max(1, sum(map(len, words))) * duration_s
    starts = [0.0, *ends[:-1]]
    return tuple(
        UnitSpan(word, float(start), float(end)) for word, start, end in zip(words, starts, ends, strict=True)
    )


def _joined(clips: Sequence[SpeechClip], folder: Path, pause: Callable[[], Seconds]) -> StreamedRecording:
    parts: list[Waveform] = []
    spoken: list[UnitSpan] = []
    at = 0
    for clip in clips:
        samples = _samples(clip, folder)
        words = word_times(clip, len(samples) / RATE)
        spoken += [UnitSpan(one.text, at / RATE + one.start, at / RATE + one.end) for one in words]
        parts += [samples, np.zeros(round(pause() * RATE), np.float32)]
        at += len(parts[-2]) + len(parts[-1])
    parts.append(np.zeros(round(_BEHIND_S * RATE), np.float32))
    return StreamedRecording(np.concatenate(parts), " ".join(clip.text for clip in clips), tuple(spoken))


def _samples(clip: SpeechClip, folder: Path) -> Waveform:
    return load_audio(folder / clip.audio, RATE, _MAX_CLIP_S).waveform


def _shuffled(clips: Sequence[SpeechClip], chance: random.Random) -> Iterator[SpeechClip]:
    while True:
        yield from chance.sample(clips, len(clips))
