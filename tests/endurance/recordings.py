"""Recordings of any length from the clips of the checkout: real words, and silence between them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from edge_bench.corpus import AlignedClip, read_list
from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.audio.load import load_audio

RATE: Final = 16_000
TESTS: Final = Path(__file__).parents[1]
CLIPS: Final = sorted((TESTS / "clips").glob("*.flac"))
_ALIGNED: Final = TESTS / "aligned_clips" / "manifest.jsonl"
_SHORTEST_S: Final[Seconds] = 0.1
_LONGEST_S: Final[Seconds] = 60.0
_PAUSE_S: Final[Seconds] = 0.3


def waveforms() -> list[Waveform]:
    """Return the samples of every clip."""
    return [load_audio(clip, RATE, _LONGEST_S).waveform for clip in CLIPS]


def spoken_texts(language: str = "English") -> list[tuple[Waveform, str]]:
    """Return samples and text of the clips of a language whose words have known times."""
    clips = [clip for clip in read_list(_ALIGNED, AlignedClip) if clip.language == language]
    return [
        (load_audio(_ALIGNED.parent / clip.audio, RATE, _LONGEST_S).waveform, clip.text) for clip in clips
    ]


def lengths(random: np.random.Generator) -> Iterator[Seconds]:
    """Yield lengths of 0.1 to 60 s without end; as many under 2.4 s as above."""
    while True:
        yield float(np.exp(random.uniform(np.log(_SHORTEST_S), np.log(_LONGEST_S))))


def joined(random: np.random.Generator, clips: list[Waveform], length_s: Seconds) -> Waveform:
    """Return clips one after the other, cut at a length."""
    pause = np.zeros(round(_PAUSE_S * RATE), np.float32)
    pieces: list[Waveform] = []
    while sum(map(len, pieces)) < length_s * RATE:
        pieces += [clips[random.integers(len(clips))], pause]
    return np.concatenate(pieces)[: round(length_s * RATE)]


def joined_texts(
    random: np.random.Generator, clips: list[tuple[Waveform, str]], length_s: Seconds
) -> tuple[Waveform, str]:
    """Return whole clips one after the other, as many as fit a length and at least one, and their text."""
    waveform, text = clips[random.integers(len(clips))]
    while True:
        following, words = clips[random.integers(len(clips))]
        if (len(waveform) + len(following)) / RATE > length_s:
            return waveform, text
        waveform, text = np.concatenate([waveform, following]), f"{text} {words}"
