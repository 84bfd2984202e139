"""Speech of which each sample says what is spoken, and a decoder and a detector that hear it exactly.

A word is a quarter of a second of one level; its level is its number. Silence is zero.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np

from edge_runtime.arrays import Waveform
from edge_runtime.results.transcript import AudioInfo, EngineInfo, Segment, Timing, Transcript
from edge_runtime.streaming.commit.words import num_words
from edge_runtime.streaming.hypothesis import Hypothesis
from edge_runtime.streaming.processor import Parts
from tests.support.hypotheses import decode, hypothesis

RATE: Final = 16_000
WORD: Final = RATE // 4
_QUIET: Final = 0.1
_STEP: Final = 1 / 1024
_ENOUGH: Final = WORD // 2 + 1
"""Samples of a word that are heard as the word."""


def spoken(*numbers: int) -> Waveform:
    """Return the speech of words, without pauses."""
    return np.repeat(np.float32(_QUIET + _STEP * (np.array(numbers) + 1)), WORD)


def silence(seconds: float) -> Waveform:
    """Return silence."""
    return np.zeros(round(seconds * RATE), np.float32)


def text_of(samples: Waveform) -> str:
    """Return the words of samples: those of which more than half is there."""
    levels = np.rint((samples - _QUIET) / _STEP).astype(int) - 1
    edges = np.flatnonzero(np.diff(levels, prepend=levels[0] - 1, append=levels[-1] - 1))
    runs = pairwise(edges)
    return " ".join(f"w{levels[a]}" for a, b in runs if levels[a] >= 0 and b - a >= _ENOUGH)


def transcript(text: str, language: str | None, duration_s: float) -> Transcript:
    """Return a transcript of a text."""
    return Transcript(
        text=text,
        language=language,
        language_code=None,
        language_forced=False,
        status="ok" if text else "no_speech",
        avg_logprob=-0.1 if text else None,
        num_tokens=num_words(text),
        segments=(Segment(0.0, duration_s, text),),
        warnings=(),
        audio=AudioInfo(None, None, duration_s, RATE, 1),
        timing=Timing(0, 0, 0, 0, 0, 0, None, None, 0),
        engine=EngineInfo("fake", "", "none", "none"),
        runtime_version="0",
    )


class NumberDetector:
    """Hears speech where there is any."""

    def probability(self, frame: Waveform) -> float:
        return 0.9 if np.abs(frame).mean() > _QUIET / 2 else 0.05


class NumberDecoding:
    """Hears the words of its samples; `made` of the recognizer knows all of them."""

    def __init__(self, recognizer: NumberRecognizer, language: str | None) -> None:
        self.recognizer, self.language = recognizer, language
        self.samples: Waveform = np.zeros(0, np.float32)
        self.num_steps = 0
        self.finished = self.closed = False

    def step(self, samples: Waveform) -> Hypothesis | None:
        assert not self.closed
        self.num_steps += 1
        self.samples = np.concatenate([self.samples, samples])
        if len(self.samples) < RATE // 2:
            return None
        self.recognizer.before_step()
        text = self.recognizer.mishears(text_of(self.samples), self.num_steps)
        return hypothesis(text, self.language or self.recognizer.language)

    def finish(self) -> Transcript:
        assert not self.closed
        self.finished = True
        text = text_of(self.samples) if len(self.samples) else ""
        return transcript(text, self.language or self.recognizer.language, len(self.samples) / RATE)

    def close(self) -> None:
        self.closed = True


class NumberRecognizer:
    """Opens decodings and keeps them for the test."""

    def __init__(self) -> None:
        self.language = "English"
        self.made: list[NumberDecoding] = []

    def open(self, language: str | None) -> NumberDecoding:
        self.made.append(NumberDecoding(self, language))
        return self.made[-1]

    def before_step(self) -> None:
        """Replaced by tests that want something to happen."""

    def mishears(self, text: str, num_step: int) -> str:
        """Replaced by tests that want other hypotheses than the words."""
        del num_step
        return text

    def parts(self, max_segment_s: float = 24.0) -> Parts:
        """Return what a stream needs."""
        return Parts(
            open_segment=self.open, decode=decode, detector=NumberDetector(), max_segment_s=max_segment_s
        )
