"""Recordings to score a voice activity detector on: timed clips with pauses and noise between them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from edge_mini.augment import set_peak
from edge_mini.heldout import MANIFEST
from edge_mini.noises import BACKGROUNDS, Rng
from edge_mini.synthesis import SAMPLE_RATE, Waveform
from edge_mini.timed_speech import Span, TimedSpeech

_LONGEST_PAUSE_S = 8.0
_QUIET_PEAK, _LOUD_PEAK = 0.03, 0.6
"""26 dB apart."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One recording: 16 kHz mono samples, shape (N,), and the spans of the words of each clip in it."""

    samples: Waveform
    clips: tuple[tuple[Span, ...], ...]


def read_timed(folder: Path) -> list[TimedSpeech]:
    """Read the set that `python -m edge_mini aligner heldout` wrote.

    Clips with babble are left out: it is speech too, and nobody knows when.
    """
    rows = [json.loads(line) for line in (folder / MANIFEST).read_text(encoding="utf-8").splitlines()]
    return [
        TimedSpeech(
            soundfile.read(folder / row["audio"], dtype="float32")[0],
            tuple(Span(unit["start"], unit["end"]) for unit in row["units"]),
        )
        for row in rows
        if row["noise"] != "babble"
    ]


def join(rng: Rng, clips: Sequence[TimedSpeech], snr_db: float | None) -> Scene:
    """Join clips with pauses of up to 8 s.

    Args:
        rng: of pauses and noises.
        clips: in this order, each at its own level.
        snr_db: how far below the speech of all clips the noise in a pause is; None for silence.
    """
    level = float(np.median([_rms(clip.samples) for clip in clips]))
    parts: list[Waveform] = []
    placed = []
    at = 0
    for clip in clips:
        pause = _pause(rng, level, snr_db)
        parts += [pause, clip.samples]
        offset_s = (at + pause.size) / SAMPLE_RATE
        placed.append(tuple(Span(word.start + offset_s, word.end + offset_s) for word in clip.spans))
        at += pause.size + clip.samples.size
    return Scene(np.concatenate(parts), tuple(placed))


def quiet_behind_loud(rng: Rng, loud: TimedSpeech, quiet: TimedSpeech) -> Scene:
    """Put a clip 26 dB below another behind it."""
    levelled = (
        TimedSpeech(set_peak(loud.samples, _LOUD_PEAK), loud.spans),
        TimedSpeech(set_peak(quiet.samples, _QUIET_PEAK), quiet.spans),
    )
    return join(rng, levelled, None)


def _pause(rng: Rng, level: float, snr_db: float | None) -> Waveform:
    count = int(SAMPLE_RATE * rng.uniform(0, _LONGEST_PAUSE_S))
    if snr_db is None:
        return np.zeros(count, dtype=np.float32)
    kinds = sorted(BACKGROUNDS["heldout"])
    noise = BACKGROUNDS["heldout"][kinds[int(rng.integers(len(kinds)))]](rng, count)
    return noise * np.float32(level * 10 ** (-snr_db / 20))


def _rms(samples: Waveform) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
