"""Words that were placed in silence begin with the speech that follows."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.alignment.silence import leave_silence, silence_warnings
from edge_runtime.results.words import Word
from edge_runtime.vad.energy import Span

SPEECH = [Span(0.0, 2.0), Span(10.0, 12.0)]
SURE = [Word("sure", 0.1 * at, 0.1 * at + 0.1) for at in range(10)]


def placed(*words: Word) -> list[Word]:
    """Return words with those of `words` that lie outside speech flagged, among words that are right."""
    flagged = [
        Word(word.text, word.start, word.end, flags=("outside_speech",) if word.text != "right" else ())
        for word in words
    ]
    return [*SURE, *flagged]


def times(words: tuple[Word, ...]) -> list[tuple[float, float]]:
    return [(word.start, word.end) for word in words[len(SURE) :]]


def test_a_word_starts_where_the_speech_that_it_reaches_starts() -> None:
    words = placed(Word("Eleven", 7.1, 10.3), Word("right", 10.3, 10.6))
    assert times(leave_silence(words, SPEECH)) == [(10.0, 10.3), (10.3, 10.6)]


def test_words_in_a_pause_go_in_order_between_their_neighbours() -> None:
    words = placed(
        Word("Set", 4.0, 4.0), Word("a", 5.0, 5.1), Word("timer", 6.0, 9.0), Word("right", 10.3, 10.6)
    )
    moved = leave_silence(words, SPEECH)
    assert times(moved) == [(10.0, 10.0), (10.0, 10.1), (10.1, 10.3), (10.3, 10.6)]
    assert moved[len(SURE)].flags == ("outside_speech", "zero_length")


def test_the_end_of_a_sentence_ends_with_its_speech_and_so_does_a_text_that_nothing_follows() -> None:
    assert times(leave_silence(placed(Word("late.", 1.7, 4.0)), SPEECH)) == [(1.7, 2.0)]
    assert times(leave_silence(placed(Word("late", 14.0, 14.3)), SPEECH)) == [(11.7, 12.0)]


def test_nothing_moves_where_the_gate_must_be_wrong() -> None:
    words = [Word("music", at + 3.0, at + 3.5, flags=("outside_speech",)) for at in range(4)]
    assert leave_silence([*SURE[:6], *words], SPEECH) == (*SURE[:6], *words)
    assert list(silence_warnings([*SURE[:6], *words], SPEECH)) == []


def test_words_far_from_speech_are_mentioned() -> None:
    (warning,) = silence_warnings(placed(Word("near", 2.2, 2.4), Word("far", 5.0, 5.5)), SPEECH)
    assert warning.code == "words_in_silence"
    assert "1 of 12 words were placed where nobody speaks, up to 3.0 s from speech" in warning.message
    assert list(silence_warnings(placed(Word("near", 2.2, 2.4)), SPEECH)) == []


@given(st.lists(st.tuples(st.integers(0, 140), st.booleans()), max_size=12))
def test_order_is_kept_and_right_words_stay(steps: list[tuple[int, bool]]) -> None:
    starts = sorted(step / 10 for step, _ in steps)
    ends = [*starts[1:], 14.0]
    words = placed(
        *(
            Word("right" if right else "x.", start, end)
            for start, end, (_, right) in zip(starts, ends, steps, strict=False)
        )
    )[len(SURE) :]
    moved = leave_silence(words, SPEECH)
    assert [word for word in moved if not word.flags] == [word for word in words if not word.flags]
    assert all(word.start <= word.end for word in moved)
    assert all(left.end <= right.start for left, right in pairwise(moved))
