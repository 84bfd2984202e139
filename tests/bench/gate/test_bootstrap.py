"""The interval of a difference, against closed forms."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_bench.gate.bootstrap import PairedErrors, interval


def paired(differences: list[int] | np.ndarray, units: int | list[int] = 10) -> PairedErrors:
    """The reference has as many errors as the candidate has fewer than it."""
    counts = np.asarray(differences, np.int64)
    return PairedErrors(
        np.maximum(counts, 0), np.maximum(-counts, 0), np.broadcast_to(np.asarray(units), counts.shape)
    )


def test_equal_outputs_have_an_interval_of_nothing() -> None:
    errors = np.arange(50)
    same = PairedErrors(errors, errors, np.full(50, 7))
    actual = interval(same)
    assert (same.difference, actual.low, actual.high) == (0.0, 0.0, 0.0)


def test_one_error_more_in_one_clip_is_drawn_by_the_binomial_law() -> None:
    errors = paired([1] + [0] * 371)
    actual = interval(errors)
    # Binomial(372, 1/372): 0 below the 2.5 % quantile, 3 at the 97.5 % one.
    assert errors.difference == pytest.approx(100 / 3720)
    assert (actual.low, actual.high) == (0.0, pytest.approx(300 / 3720))


def test_many_clips_have_the_interval_of_the_normal_law() -> None:
    drawn = np.random.default_rng(5).integers(-2, 4, 1000)
    errors = paired(drawn)
    actual = interval(errors)
    half = 1.96 * 100 / 10 * drawn.std() / np.sqrt(drawn.size)
    assert errors.difference == pytest.approx(10 * drawn.mean())
    assert actual.low == pytest.approx(errors.difference - half, abs=0.05 * half)
    assert actual.high == pytest.approx(errors.difference + half, abs=0.05 * half)


def test_a_planted_shift_is_found_and_mere_noise_is_not() -> None:
    noise = np.random.default_rng(6).choice([-1, 0, 0, 1], 372)
    assert interval(paired(noise)).low < 0 < interval(paired(noise)).high
    assert interval(paired(noise + 1)).low > 5


def test_clips_that_both_find_hard_do_not_widen_it() -> None:
    hard = np.random.default_rng(7).integers(0, 10, 100)
    errors = PairedErrors(hard + 1, hard, np.full(100, 10))
    actual = interval(errors)
    assert (actual.low, actual.high) == (10.0, 10.0)


def test_equal_seeds_give_equal_intervals() -> None:
    numbers = np.random.default_rng(8)
    errors = paired(numbers.integers(-1, 2, 40), [*numbers.integers(5, 50, 40)])
    assert interval(errors) == interval(errors)
    first, second = (interval(errors, generator=np.random.default_rng(seed)) for seed in (1, 2))
    assert first != second
    assert first == interval(errors, generator=np.random.default_rng(1))


def test_long_lists_are_drawn_in_batches_of_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = paired(np.random.default_rng(9).integers(-1, 2, 300))
    whole = interval(errors)
    monkeypatch.setattr("edge_bench.gate.bootstrap.DRAWS_AT_ONCE", 7 * 300)
    batched = interval(errors)
    assert (batched.low, batched.high) == pytest.approx((whole.low, whole.high), abs=0.3)


def test_ten_thousand_lists_of_372_clips_take_less_than_a_second() -> None:
    errors = paired(np.random.default_rng(10).integers(-1, 2, 372))
    started = time.process_time()
    interval(errors)
    assert time.process_time() - started < 1


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 30)), min_size=1, max_size=30))
def test_the_interval_holds_the_difference(clips: list[tuple[int, int, int]]) -> None:
    candidate, reference, units = map(np.array, zip(*clips, strict=True))
    errors = PairedErrors(candidate, reference, units)
    actual = interval(errors, resamples=2000)
    assert actual.low - 1e-9 <= errors.difference <= actual.high + 1e-9
