"""The verdict on a pair, by planted words and a stand-in for the detector."""

from __future__ import annotations

import numpy as np

from edge_runtime.alignment.verdict.match import DEFAULT_MATCH
from edge_runtime.alignment.verdict.pair_judge import PairJudge, joined_spans
from edge_runtime.audio.load import Audio
from edge_runtime.results.words import Word
from edge_runtime.vad.energy import Span

RATE = 16_000
AUDIO = Audio(np.full(20 * RATE, 0.1, np.float32), RATE, RATE, 1, None)
JUDGE = PairJudge(DEFAULT_MATCH, None)
SAID = tuple(Word("x", at, at + 1.0, 0.52) for at in range(4))
OTHER = tuple(Word("x", at, at + 1.0, 0.1, ("repaired",)) for at in range(4))


def test_a_right_text_is_not_warned_of() -> None:
    verdict = JUDGE.verdict(AUDIO, SAID, (Span(0.0, 4.2),))
    assert (verdict.score > 0.9, verdict.warnings) == (True, ())


def test_another_text_is_warned_of_with_its_score() -> None:
    (warning,) = JUDGE.verdict(AUDIO, OTHER, (Span(0.0, 4.0),)).warnings
    assert warning.code == "text_mismatch"
    assert "match by 0.00" in warning.message


def test_speech_without_text_is_told_with_its_longest_spans() -> None:
    voice = (Span(5.0, 6.5), Span(7.0, 12.0), Span(13.0, 15.0), Span(16.0, 18.5))
    (warning,) = JUDGE.verdict(AUDIO, SAID, (Span(0.0, 4.2), *voice)).warnings
    assert warning.code == "speech_without_text"
    assert warning.message == (
        "11.0 s of speech have no text: 7.0-12.0 s, 13.0-15.0 s, 16.0-18.5 s and 1 more."
    )


def test_without_a_detector_nobody_is_heard() -> None:
    assert JUDGE.voice(AUDIO) == ()


def test_spans_of_two_detectors_become_one() -> None:
    energy, voice = (Span(0.0, 1.0), Span(4.0, 5.0)), (Span(0.5, 2.0), Span(6.0, 7.0))
    assert joined_spans(energy, voice) == (Span(0.0, 2.0), Span(4.0, 5.0), Span(6.0, 7.0))
