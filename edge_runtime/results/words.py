"""Timed text: what the aligner finds and what the subtitle writers print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edge_runtime.arrays import Seconds

Flag = Literal["zero_length", "plateau", "outside_speech", "repaired"]
"""Why a time may be doubted: the unit has no duration; it shares its start with its neighbours; it lies where
nobody speaks; the monotonic repair moved it."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word, or in scripts without spaces a character, and when it is spoken.

    Attributes:
        text: as written, the punctuation around it included.
        start: seconds from the start of the recording.
        end: seconds from the start of the recording, not before `start`.
        confidence: probability of the less certain of its two times, None where unknown.
        flags: reasons to doubt the times.
        space_after: the next word is separated from it by a space.
    """

    text: str
    start: Seconds
    end: Seconds
    confidence: float | None = None
    flags: tuple[Flag, ...] = ()
    space_after: bool = True
