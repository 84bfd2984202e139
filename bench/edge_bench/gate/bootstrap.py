"""How certain a difference of two error rates is: a paired bootstrap over clips.

Both bundles ran on the same clips, so a clip is drawn with the errors of both: a hard clip is hard for both,
and its difficulty cancels. Clips are drawn, not words, since the errors within a clip are correlated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

RESAMPLES: Final = 10_000
CONFIDENCE: Final = 0.95
SEED: Final = 0

DRAWS_AT_ONCE: Final = 1 << 21
"""Clips drawn in one go; it bounds memory to some tens of megabytes, however long the list."""

Counts = npt.NDArray[np.int64]
Rates = npt.NDArray[np.float64]


RULE_OF_THREE: Final = 3
"""An event that did not occur in n trials has a rate of up to 3 / n, at 95 % confidence."""
EPSILON: Final = 1e-9
"""Tolerance for rounding in comparisons with a limit: a sum that stands for 0.1 may be slightly off."""


@dataclass(frozen=True, slots=True)
class PairedErrors:
    """Errors of two bundles on the same clips, each of shape (clips,).

    Attributes:
        candidate: errors of the candidate.
        reference: errors of the reference.
        units: words or characters of the spoken text.
    """

    candidate: Counts
    reference: Counts
    units: Counts

    @property
    def difference(self) -> float:
        """The candidate's error rate less the reference's, in points: percent of the units."""
        return float(_points((self.candidate - self.reference).sum(), self.units.sum()))


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the difference lies at the stated confidence, in points."""

    low: float
    high: float


def interval(
    errors: PairedErrors,
    *,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
    generator: np.random.Generator | None = None,
) -> Interval:
    """Return the percentile interval of the difference.

    Args:
        errors: of at least one clip.
        resamples: lists that are drawn, with replacement, as long as the list.
        confidence: share of them inside the interval.
        generator: source of the draws; by default the same each time, so that a verdict can be repeated.
    """
    source = np.random.default_rng(SEED) if generator is None else generator
    beyond = (1 - confidence) / 2
    low, high = np.quantile(_resampled(errors, resamples, source), [beyond, 1 - beyond])
    return Interval(float(low), float(high))


def _resampled(errors: PairedErrors, resamples: int, generator: np.random.Generator) -> Rates:
    """Return the difference in each drawn list, shape (resamples,)."""
    num_clips = errors.units.size
    # A sum over drawn clips gathers both at once: as a complex number, exact for counts.
    both = (errors.candidate - errors.reference) + 1j * errors.units
    rows = max(1, DRAWS_AT_ONCE // num_clips)
    sums = [
        both[generator.integers(0, num_clips, (min(rows, resamples - done), num_clips), np.int32)].sum(axis=1)
        for done in range(0, resamples, rows)
    ]
    drawn = np.concatenate(sums)
    return np.asarray(_points(drawn.real, drawn.imag), np.float64)


def _points(errors: npt.ArrayLike, units: npt.ArrayLike) -> Rates:
    # A draw may hold no units at all: only clips whose text is punctuation.
    return 100 * np.asarray(errors, np.float64) / np.maximum(np.asarray(units, np.float64), 1)


def clips_needed(num_clips: int, reach: float, room: float) -> str:
    """Say how many clips would decide: the width of an interval falls with the square root of their number.

    Args:
        num_clips: of the list.
        reach: distance from the figure to the end of its interval on the side of the limit.
        room: distance from the figure to the limit.

    Returns:
        The end of a sentence; empty where no number of clips would decide.
    """
    if room <= EPSILON:
        return ""
    needed = num_clips * (reach / room) ** 2
    rounded = round(needed, 1 - math.floor(math.log10(needed)))
    return f"; about {rounded:,.0f} like these would"
