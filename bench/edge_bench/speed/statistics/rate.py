"""A rate over several queries: a sum over a sum, with a bootstrap interval.

Not a mean of ratios: there a short recording would count as much as a long one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

RESAMPLES: Final = 2_000
_SEED: Final = 0
_AT_ONCE: Final = 1 << 20
"""Draws in memory at once."""
_BOUNDS: Final = (0.025, 0.975)
_MIN_COUNT: Final = 2


@dataclass(frozen=True, slots=True)
class Rate:
    """A sum over a sum, and its 95 % interval: percentiles of a bootstrap over queries.

    Attributes:
        value: the rate.
        low: lower bound; None for a single query.
        high: upper bound; None for a single query.
    """

    value: float
    low: float | None
    high: float | None


def rate_of(numerators: Sequence[float], denominators: Sequence[float]) -> Rate:
    """Return the sum of the numerators over that of the denominators, of at least one query."""
    above, below = np.asarray(numerators, np.float64), np.asarray(denominators, np.float64)
    value = float(above.sum() / below.sum())
    if above.size < _MIN_COUNT:
        return Rate(value, None, None)
    generator, count = np.random.default_rng(_SEED), above.size
    rows = max(1, _AT_ONCE // count)
    drawn = []
    for done in range(0, RESAMPLES, rows):
        picks = generator.integers(0, count, (min(rows, RESAMPLES - done), count))
        drawn.append(above[picks].sum(axis=1) / below[picks].sum(axis=1))
    low, high = np.quantile(np.concatenate(drawn), _BOUNDS)
    return Rate(value, float(low), float(high))
