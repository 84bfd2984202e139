"""Words and characters with times: the aligner's output and the subtitle writers' input."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from edge_runtime.arrays import Seconds

Flag = Literal["zero_length", "plateau", "outside_speech", "repaired"]
"""Why a time is doubtful: the unit has no duration; it shares its start with its neighbours; it lies where
nobody speaks; the monotonic repair moved it."""

_JOINERS = frozenset("\u200d\ufe0e\ufe0f")


@dataclass(frozen=True, slots=True)
class Word:
    """A word, or in scripts without spaces a character, with its times.

    Attributes:
        text: as written, the punctuation around it included.
        start: seconds from the start of the recording.
        end: seconds from the start of the recording, not before `start`.
        confidence: probability of the less certain of its two times, None where unknown.
        flags: why its times are doubtful.
        space_after: whether a space separates it from the next word.
    """

    text: str
    start: Seconds
    end: Seconds
    confidence: float | None = None
    flags: tuple[Flag, ...] = ()
    space_after: bool = True


def split_characters(words: Sequence[Word]) -> tuple[Word, ...]:
    """Split words into characters, each with an equal share of its word's duration.

    A Chinese or Japanese character already is a unit of the aligner; within a longer word the times are
    interpolated. Combining marks and punctuation stay with their character.
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
    """Yield each character with the marks and punctuation after it; leading punctuation joins the first."""
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
