"""One figure over several runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Spread:
    """Least, middle and greatest value; the middle is what to compare, the others say how steady it is."""

    min: float
    median: float
    max: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Summarise values, of which there is one at least."""
        return cls(min(values), median(values), max(values))


def spread(values: Iterable[float | None]) -> Spread | None:
    """Summarise the runs that have the figure; None where none has it."""
    known = [value for value in values if value is not None]
    return Spread.of(known) if known else None
