"""Speech that no word covers, with planted spans."""

from __future__ import annotations

import numpy as np
import pytest

from edge_runtime.alignment.verdict.uncovered import uncovered_speech
from edge_runtime.results.words import Word
from edge_runtime.vad.energy import Span

RATE = 1000
WORDS = (Word("one", 1.0, 1.5), Word("two", 1.6, 2.0), Word("three", 8.0, 8.5))
SPEECH = (Span(0.8, 6.0), Span(7.8, 9.0))


def uncovered(
    voice: tuple[Span, ...], words: tuple[Word, ...] = WORDS, quiet_db: float = 0
) -> list[tuple[float, float]]:
    waveform = np.full(12 * RATE, 0.1, np.float32)
    waveform[int(2.2 * RATE) : int(7.5 * RATE)] *= np.float32(10 ** (-quiet_db / 20))
    spans = uncovered_speech(voice, words, waveform, RATE)
    return [(round(span.start, 3), round(span.end, 3)) for span in spans]


def test_a_sentence_between_words_has_no_text() -> None:
    assert uncovered(SPEECH) == [(2.4, 6.0)]


@pytest.mark.parametrize("voice", [(Span(0.8, 3.3), Span(7.8, 9.0)), (Span(0.2, 0.9),), ()])
def test_pauses_breaths_and_silence_need_no_text(voice: tuple[Span, ...]) -> None:
    assert uncovered(voice) == []


@pytest.mark.parametrize(("quiet_db", "count"), [(5, 1), (8, 0)])
def test_voices_in_the_background_need_no_text(quiet_db: float, count: int) -> None:
    assert len(uncovered(SPEECH, quiet_db=quiet_db)) == count


def test_words_without_duration_cover_nothing() -> None:
    squeezed = tuple(Word("x", 3.0, 3.0) for _ in range(5))
    assert uncovered(SPEECH, (*WORDS[:2], *squeezed, WORDS[2])) == [(2.4, 6.0)]


def test_a_word_that_is_stretched_over_a_sentence_covers_nothing() -> None:
    stretched = (WORDS[0], Word("two", 1.6, 5.9), WORDS[2])
    assert uncovered(SPEECH, stretched) == [(1.9, 6.0)]
