"""Intervals cover the truth as often as they say; a slow block is noticed."""

from __future__ import annotations

import numpy as np
import pytest

from edge_bench.speed.statistics.distribution import Distribution, interval_ranks, percentile
from edge_bench.speed.statistics.rate import rate_of
from edge_bench.speed.statistics.steadiness import steadiness_of


def test_ranks_are_those_of_the_tables() -> None:
    # Conover, Practical Nonparametric Statistics: for a median of 20 values, the 6th and the 15th.
    assert interval_ranks(20, 0.5) == (6, 15)
    assert interval_ranks(5, 0.5) == (0, 6), "six values at least"
    assert interval_ranks(6, 0.5) == (1, 6)
    assert interval_ranks(10, 0.9)[1] == 11, "no upper bound"


@pytest.mark.parametrize(("share", "truth"), [(0.5, np.log(2)), (0.9, np.log(10))])
def test_intervals_of_percentiles_cover_the_truth(share: float, truth: float) -> None:
    generator = np.random.default_rng(7)
    hits = 0
    for _ in range(500):
        each = percentile(sorted(generator.exponential(size=60)), share)
        assert each.low is not None
        assert each.high is not None
        hits += each.low <= truth <= each.high
    assert 0.95 <= hits / 500 <= 0.99, "at least what is stated: ranks are whole numbers"


def test_intervals_of_rates_cover_the_truth() -> None:
    generator = np.random.default_rng(8)
    hits = 0
    for _ in range(200):
        audio = generator.uniform(1, 30, 60)
        each = rate_of(0.1 * audio * generator.uniform(0.5, 1.5, 60), audio)
        assert each.low is not None
        assert each.high is not None
        hits += each.low <= 0.1 <= each.high
    assert 0.90 <= hits / 200 <= 0.99
    assert rate_of([1.0, 9.0], [10.0, 10.0]).value == 0.5
    assert rate_of([1.0], [10.0]).low is None


def test_a_distribution_leaves_out_what_is_not_there() -> None:
    values = Distribution.of([3.0, None, 1.0, 2.0])
    assert values is not None
    assert (values.count, values.min, values.mean, values.max, values.p50.value) == (3, 1.0, 2.0, 3.0, 2.0)
    assert Distribution.of([None]) is None


@pytest.mark.parametrize(("slower", "is_stable"), [(1.03, True), (1.10, False)])
def test_a_machine_that_becomes_slower_is_unstable(slower: float, is_stable: bool) -> None:  # noqa: FBT001
    generator = np.random.default_rng(9)
    long_and_short = [(index % 2, (4.0, 1.0)[index % 2]) for index in range(60)]
    times = [
        (work, time * (slower if index >= 40 else 1.0) * generator.normal(1, 0.005))
        for index, (work, time) in enumerate(long_and_short)
    ]
    steadiness = steadiness_of(times)
    assert steadiness.is_stable is is_stable
    assert steadiness.spread == pytest.approx(slower - 1, abs=0.01)
    assert str(steadiness).startswith("medians" if is_stable else "unstable: medians")


def test_too_few_times_tell_nothing() -> None:
    assert steadiness_of([(0, 1.0)] * 5).is_stable is None
    assert steadiness_of([(index, 1.0 + index) for index in range(50)]).is_stable is None
