"""Where a written text pauses: the marks that end a sentence or a clause, in the scripts served here."""

from __future__ import annotations

from typing import Final

SENTENCE_MARKS: Final = frozenset(".?!…。｡．？！؟۔।॥‼⁇⁈⁉")
CLAUSE_MARKS: Final = frozenset(",;:—–、､，；：،؛·")

CLOSERS: Final = "\"'”’»›)]}」』）】》〉〕"
"""Marks that may follow the end of a sentence and still belong to it."""


def final_mark(text: str) -> str:
    """Return the last character of a text, closing quotes and brackets left out; "" where there is none."""
    return text.rstrip().rstrip(CLOSERS)[-1:]


def is_sentence_mark(mark: str) -> bool:
    """Tell whether a mark may end a sentence."""
    return mark in SENTENCE_MARKS


def ends_sentence(text: str) -> bool:
    """Tell whether a sentence may end with this word."""
    return is_sentence_mark(final_mark(text))


def ends_clause(text: str) -> bool:
    """Tell whether a clause may end with this word, a sentence included."""
    return final_mark(text) in CLAUSE_MARKS | SENTENCE_MARKS
