"""Move words out of silence.

The model places some words in the pause before the speech that they belong to, and a subtitle that begins
with one of them would come seconds early. Such a word is flagged `outside_speech` and keeps the flag; it
begins where the speech that follows begins. (All 14 words that the mini aligner put into pauses of 4 and 20 s
between the clips of `tests/aligned_clips` belonged to what follows.) The last word of a sentence that is
spoken, but ends in silence, ends with its speech.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.results.result_warning import ResultWarning
from edge_runtime.results.words import Word
from edge_runtime.text.punctuation import ends_sentence
from edge_runtime.vad.energy import Span

_GATE_WRONG_SHARE: Final = 1 / 3
"""From this share of the words outside on the energy gate is wrong, as under music, and no word is moved."""
_FAR_S: Final = 1.0
"""A word this far from all speech may belong to either side of its pause."""
_LONGEST_S: Final = 0.4
"""A word that is moved as a whole lasts no longer: what the model says of its length is not heard either."""


def leave_silence(words: Sequence[Word], speech: Sequence[Span]) -> tuple[Word, ...]:
    """Return words with those that lie outside speech moved to it; the others keep their times.

    Args:
        words: in order, with flags.
        speech: where somebody speaks, in order.
    """
    if not speech or _share_outside(words) >= _GATE_WRONG_SHARE:
        return tuple(words)
    moved: list[Word] = []
    for word, latest in zip(words, _next_starts(words), strict=True):
        earliest = moved[-1].end if moved else 0.0
        is_moved = _is_outside(word)
        moved.append(_moved(word, _target(word, speech), earliest, latest) if is_moved else word)
    return tuple(moved)


def silence_warnings(words: Sequence[Word], speech: Sequence[Span]) -> Iterator[ResultWarning]:
    """Warn of words far from all speech.

    Args:
        words: with the times of the model.
        speech: where somebody speaks, in order.
    """
    if not speech or _share_outside(words) >= _GATE_WRONG_SHARE:
        return
    far = [
        (distance, word)
        for word in words
        if (distance := min(_distance(word, one) for one in speech)) > _FAR_S
    ]
    if far:
        seconds = max(distance for distance, _ in far)
        yield ResultWarning(
            "words_in_silence",
            f"{len(far)} of {len(words)} words were placed where nobody speaks, up to {seconds:.1f} s from "
            f"speech, the first ({far[0][1].text!r}) at {far[0][1].start:.1f} s. They are shown at the "
            f"speech that follows and may have been spoken before.",
        )


def _is_outside(word: Word) -> bool:
    return "outside_speech" in word.flags


def _share_outside(words: Sequence[Word]) -> float:
    return sum(map(_is_outside, words)) / max(1, len(words))


def _next_starts(words: Sequence[Word]) -> Iterator[Seconds]:
    """Yield for each word when the next one begins that stays where it is."""
    limits, limit = [], float("inf")
    for word in reversed(words):
        limits.append(limit)
        limit = limit if _is_outside(word) else word.start
    return reversed(limits)


def _distance(word: Word, span: Span) -> Seconds:
    """Return how far a word is from a span; below 0 by how much they overlap."""
    return max(span.start - word.end, word.start - span.end)


def _target(word: Word, speech: Sequence[Span]) -> Span:
    """Return the speech that a word belongs to: what follows, but for the spoken end of a sentence."""
    following = next((span for span in speech if span.start > word.start), speech[-1])
    is_last = ends_sentence(word.text)
    return next((span for span in speech if is_last and span.start <= word.start < span.end), following)


def _moved(word: Word, span: Span, earliest: Seconds, latest: Seconds) -> Word:
    """Return the word within a span, but between its neighbours; it gets no longer."""
    length = min(word.end - word.start, _LONGEST_S)
    if _distance(word, span) < 0:
        start, end = max(word.start, span.start), min(word.end, span.end)
    elif word.start >= span.end:
        start, end = span.end - length, span.end
    else:
        start, end = span.start, span.start + length
    start = min(max(start, earliest), latest)
    end = min(max(end, start), latest)
    is_empty = start == end and "zero_length" not in word.flags
    flags = (*word.flags, "zero_length") if is_empty else word.flags
    return replace(word, start=round(start, 3), end=round(end, 3), flags=flags)
