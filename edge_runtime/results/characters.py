"""Times for single characters, from the times of words."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

from edge_runtime.results.words import Word

_JOINERS = frozenset("\u200d\ufe0e\ufe0f")


def split_characters(words: Sequence[Word]) -> tuple[Word, ...]:
    """Cut words into characters, each with an equal share of its word's time.

    A Chinese or Japanese character is a unit of the aligner already; inside a longer word the times are
    interpolated. Marks stay with the character they belong to.
    """
    return tuple(character for word in words for character in _characters(word))


def _characters(word: Word) -> Iterator[Word]:
    clusters = list(_clusters(word.text))
    step = (word.end - word.start) / max(len(clusters), 1)
    for index, cluster in enumerate(clusters):
        is_last = index == len(clusters) - 1
        start = round(word.start + index * step, 3)
        end = word.end if is_last else round(word.start + (index + 1) * step, 3)
        yield replace(
            word, text=cluster, start=start, end=end, space_after=word.space_after if is_last else False
        )


def _clusters(text: str) -> Iterator[str]:
    """Yield characters with the marks and punctuation behind them, leading punctuation with the first."""
    cluster, is_full = "", False
    for char in text:
        carries = char not in _JOINERS and unicodedata.category(char)[0] not in "MPSZ"
        if carries and is_full:
            yield cluster
            cluster = ""
        cluster += char
        is_full = is_full or carries
    if cluster:
        yield cluster
