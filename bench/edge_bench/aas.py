"""Accumulated averaging shift: how far found times are from true ones, in milliseconds.

Source: the technical report of Qwen3-ASR, which scores forced aligners with it: the mean of |found − true|
over the starts and the ends of all units.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from edge_runtime.arrays import Milliseconds, Seconds


@dataclass(frozen=True, slots=True)
class UnitSpan:
    """A unit of text and when it is spoken, in seconds."""

    text: str
    start: Seconds
    end: Seconds


@dataclass(frozen=True, slots=True)
class Shift:
    """How far the times of a corpus are off.

    Attributes:
        mean_ms: the accumulated averaging shift.
        median_ms: of the same shifts; one clip that went wrong does not move it.
        max_ms: the worst.
        num_times: starts and ends compared.
    """

    mean_ms: Milliseconds
    median_ms: Milliseconds
    max_ms: Milliseconds
    num_times: int


def shifts_ms(found: Sequence[UnitSpan], true: Sequence[UnitSpan]) -> list[Milliseconds]:
    """Compare the times of one clip, start and end of each unit in turn.

    Raises:
        ValueError: the units are not the same.
    """
    texts = [unit.text for unit in found], [unit.text for unit in true]
    if texts[0] != texts[1]:
        at = next((i for i, pair in enumerate(zip(*texts, strict=False)) if pair[0] != pair[1]), None)
        where = f"{len(found)} and {len(true)} of them" if at is None else f"they differ from unit {at} on"
        raise ValueError(f"Only times of the same units can be compared; {where}.")
    return [
        1000 * abs(a - b)
        for left, right in zip(found, true, strict=True)
        for a, b in ((left.start, right.start), (left.end, right.end))
    ]


def accumulated_average_shift(clips: Iterable[Sequence[Milliseconds]]) -> Shift | None:
    """Pool the shifts of a corpus: every time counts alike, however long its clip; None without any."""
    pooled = [shift for clip in clips for shift in clip]
    if not pooled:
        return None
    return Shift(sum(pooled) / len(pooled), median(pooled), max(pooled), len(pooled))
