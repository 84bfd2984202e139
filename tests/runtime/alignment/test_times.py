"""The monotonic repair: equal to the official one in every tie, and fast."""

from __future__ import annotations

from itertools import pairwise
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.alignment.times import UnitTime, enforce_monotonic, repair_times

SLOT_MS = 80


def official(times: list[float]) -> list[int]:
    from transformers.models.qwen3_asr.processing_qwen3_asr import _fix_timestamps  # noqa: PLC0415

    fixed: list[int] = _fix_timestamps(np.array(times))
    return fixed


def random_sequences(rng: np.random.Generator, count: int) -> list[list[float]]:
    """Return slots in ms: 1 to 24 of them, many ties or few, rising with outliers and blocks, or noise."""
    lengths = rng.integers(1, 25, count)
    spread = rng.choice([2, 4, 9, 40], (count, 1))
    noise = rng.integers(0, 1 << 30, (count, 24)) % spread
    rising = np.arange(24) // rng.integers(1, 4, (count, 1))
    is_bad = rng.random((count, 24)) < rng.choice([0.1, 0.4, 1.0], (count, 1))
    block_start = rng.integers(0, 24, (count, 1))
    is_block = (np.arange(24) >= block_start) & (np.arange(24) < block_start + rng.integers(0, 9, (count, 1)))
    slots = np.where(is_bad | is_block, noise, rising) * float(SLOT_MS)
    return [row[:length].tolist() for row, length in zip(slots, lengths, strict=True)]


def test_equals_the_official_repair_on_100_000_sequences() -> None:
    for times in random_sequences(np.random.default_rng(8), 100_000):
        assert enforce_monotonic(times) == official(times), times


@given(st.lists(st.integers(0, 5_000) | st.floats(0, 400_000), min_size=1, max_size=80))
def test_equals_the_official_repair_on_any_times(times: list[float]) -> None:
    assert enforce_monotonic([float(time) for time in times]) == official(times)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([80, 4000, 160, 240], [80, 80, 160, 240]),
        ([80, 160, 0, 400], [80, 160, 160, 400]),
        (
            [80, 160, 240, 320, 0, 0, 0, 800, 880, 960, 1040],
            [80, 160, 240, 320, 440, 560, 680, 800, 880, 960, 1040],
        ),
        ([500, 80, 160], [80, 80, 160]),
        ([400, 320, 240, 160], [400, 400, 400, 400]),
        ([80, 160, 0, 0, 0], [0, 0, 0, 0, 0]),
        ([240, 80, 160, 160, 80, 320], [80, 80, 160, 160, 160, 320]),
        ([0, 80, 9000, 9000, 9000, 9000, 400, 480], [0, 80, 9000, 9000, 9000, 9000, 9000, 9000]),
        ([], []),
        ([7], [7]),
    ],
)
def test_known_answers(times: list[float], expected: list[int]) -> None:
    assert enforce_monotonic(times) == expected


@given(st.lists(st.integers(0, 5_000)))
def test_result_rises_and_is_its_own_repair(times: list[float]) -> None:
    repaired = enforce_monotonic(times)
    assert len(repaired) == len(times)
    assert all(left <= right for left, right in pairwise(repaired))
    assert enforce_monotonic(repaired) == repaired
    assert enforce_monotonic(sorted(times)) == sorted(times)


def test_at_least_twenty_times_faster_than_quadratic() -> None:
    rng = np.random.default_rng(8)
    times = (np.arange(4_000) * SLOT_MS + rng.normal(0, 4_000, 4_000)).tolist()
    begin = perf_counter()
    repaired = enforce_monotonic(times)
    middle = perf_counter()
    assert repaired == official(times)
    assert (perf_counter() - middle) / (middle - begin) > 20


def test_repair_marks_the_units_that_moved() -> None:
    times = [UnitTime(80, 160, 0.9), UnitTime(0, 400, 0.5), UnitTime(400, 480)]
    assert repair_times(times) == [
        UnitTime(80, 160, 0.9),
        UnitTime(160, 400, 0.5, repaired=True),
        UnitTime(400, 480),
    ]
    assert repair_times([]) == []
