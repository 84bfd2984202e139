"""The recording that is streamed: clips one after the other, with pauses."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Final

import numpy as np

from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.audio.load import load_audio
from edge_runtime.errors import AudioError
from edge_runtime.vad.timestamps import SAMPLE_RATE

_LONGEST_S: Final[Seconds] = 600.0
_END_S: Final[Seconds] = 1.0
"""Silence behind the last clip, so that its end is found."""


def joined(clips: Sequence[Path], duration_s: Seconds | None, pauses: tuple[Seconds, Seconds]) -> Waveform:
    """Return clips in turn, each with a pause behind it, and silence at the end.

    Args:
        clips: recordings of ten minutes at most.
        duration_s: clips follow until it is reached; None takes each once.
        pauses: shortest and longest pause; the same ones each time.

    Raises:
        AudioError: a clip cannot be used, or all are empty.
    """
    loaded = [load_audio(clip, SAMPLE_RATE, _LONGEST_S).waveform for clip in clips]
    if not sum(map(len, loaded)):
        raise AudioError("The recordings have no samples. Give recordings of speech.")
    chance = random.Random(0)  # noqa: S311  # reproducible, no secret
    parts: list[Waveform] = []
    wanted = 0 if duration_s is None else round(duration_s * SAMPLE_RATE)
    for number, clip in enumerate(cycle(loaded)):
        if sum(map(len, parts)) >= wanted and (duration_s is not None or number >= len(loaded)):
            break
        parts += [clip, np.zeros(round(chance.uniform(*pauses) * SAMPLE_RATE), np.float32)]
    return np.concatenate([*parts, np.zeros(round(_END_S * SAMPLE_RATE), np.float32)])
