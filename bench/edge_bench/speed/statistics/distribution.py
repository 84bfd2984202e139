"""Percentiles of a figure over queries, with confidence intervals from order statistics.

The interval of a percentile is between two of the sorted values. How many of n values lie below the true
percentile is binomial, whatever their distribution, so the ranks of the two follow from n alone (David and
Nagaraja, Order Statistics, 7.1). With few values there is no such value on one side, and the bound is None.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import Final

import numpy as np

CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Percentile:
    """A percentile and its 95 % confidence interval.

    Attributes:
        value: interpolated linearly between the two nearest values.
        low: lower bound; None with too few values for one.
        high: upper bound; None with too few values for one.
    """

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A figure over the queries that have it; intervals are from order statistics, at 95 % confidence."""

    count: int
    min: float
    mean: float
    max: float
    p50: Percentile
    p90: Percentile
    p95: Percentile
    p99: Percentile

    @classmethod
    def of(cls, values: Iterable[float | None]) -> Distribution | None:
        """Summarize the values that are not None; None where there are none."""
        known = sorted(value for value in values if value is not None)
        if not known:
            return None
        return cls(
            count=len(known),
            min=known[0],
            mean=sum(known) / len(known),
            max=known[-1],
            p50=percentile(known, 0.50),
            p90=percentile(known, 0.90),
            p95=percentile(known, 0.95),
            p99=percentile(known, 0.99),
        )


def percentile(ordered: Sequence[float], share: float) -> Percentile:
    """Return a percentile of sorted values.

    Args:
        ordered: the values, at least one, in ascending order.
        share: of the values below it, 0 to 1.
    """
    low, high = interval_ranks(len(ordered), share)
    return Percentile(
        value=float(np.quantile(ordered, share)),
        low=ordered[low - 1] if low >= 1 else None,
        high=ordered[high - 1] if high <= len(ordered) else None,
    )


@cache
def interval_ranks(count: int, share: float, confidence: float = CONFIDENCE) -> tuple[int, int]:
    """Return the ranks, from 1 on, of the two values between which a percentile lies.

    A rank of 0 or of count + 1 says that there is no such value. Each side is wrong with at most half of what
    the confidence leaves.
    """
    beyond = (1 - confidence) / 2
    below = list(accumulate(_binomial(count, share)))
    low = sum(chance <= beyond for chance in below)
    high = next((rank for rank, chance in enumerate(below, 1) if chance >= 1 - beyond), count + 1)
    return low, high


def _binomial(count: int, share: float) -> list[float]:
    """Return the chance of each number of values below a percentile: 0 to count."""
    logs = [
        math.lgamma(count + 1)
        - math.lgamma(hits + 1)
        - math.lgamma(count - hits + 1)
        + hits * math.log(share)
        + (count - hits) * math.log1p(-share)
        for hits in range(count + 1)
    ]
    return [math.exp(log) for log in logs]
