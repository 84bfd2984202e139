"""One figure over several runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Spread:
    """Least, middle and greatest value; the middle is what to compare, the others say how steady it is."""

    min: float
    median: float
    max: float


def spread(values: Iterable[float | None]) -> Spread | None:
    """Summarise the runs that have the figure; None where none has it."""
    known = [value for value in values if value is not None]
    return Spread(min(known), median(known), max(known)) if known else None
