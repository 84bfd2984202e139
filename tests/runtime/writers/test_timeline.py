"""Intervals that are in order, apart and not empty."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.writers import clock
from edge_runtime.writers.clock import disjoint

_TIMES = st.lists(st.tuples(st.floats(-1, 1e4), st.floats(-1, 1e4)), max_size=30)


def test_times_that_are_in_order_are_only_rounded() -> None:
    assert disjoint([(0.0004, 0.5), (0.5, 1.2345), (3600.0, 3600.001)]) == (
        (0, 500),
        (500, 1234),
        (3_600_000, 3_600_001),
    )


def test_an_overlap_ends_where_the_next_starts() -> None:
    assert disjoint([(0.0, 2.0), (1.0, 3.0)]) == ((0, 1000), (1000, 3000))


def test_words_without_duration_get_a_millisecond_each() -> None:
    assert disjoint([(1.0, 1.0), (1.0, 1.0), (1.0, 2.0)]) == ((1000, 1001), (1001, 1002), (1002, 2000))


@given(_TIMES)
def test_intervals_are_in_order_apart_and_not_empty(times: list[tuple[float, float]]) -> None:
    intervals = disjoint(times)
    assert len(intervals) == len(times)
    assert all(0 <= start < end for start, end in intervals)
    assert all(left.end_ms <= right.start_ms for left, right in pairwise(intervals))


def test_clocks() -> None:
    times_ms = (0, 59_999, 3_600_000, 360_061_005)
    assert [clock.srt_clock(time) for time in times_ms] == [
        "00:00:00,000",
        "00:00:59,999",
        "01:00:00,000",
        "100:01:01,005",
    ]
    assert [clock.vtt_clock(time) for time in times_ms] == [
        "00:00.000",
        "00:59.999",
        "01:00:00.000",
        "100:01:01.005",
    ]
    assert [clock.ass_clock(time) for time in times_ms] == [
        "0:00:00.00",
        "0:01:00.00",
        "1:00:00.00",
        "100:01:01.01",
    ]
    assert [clock.lrc_clock(time) for time in times_ms] == ["00:00.00", "01:00.00", "60:00.00", "6001:01.01"]
    assert [clock.decimal_seconds(time) for time in times_ms] == ["0.000", "59.999", "3600.000", "360061.005"]


def test_times_before_the_recording_become_zero() -> None:
    assert clock.milliseconds(-0.08) == 0
