"""GPTQ is never further from a product than rounding to nearest, and equal where inputs are uncorrelated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_export.calibration.gptq_plan import memory_groups, regularized_hessian, smoothed_hessian
from edge_export.quantize.grid import Grid, Quantized
from edge_export.quantize.rounding.gptq import Gptq, rounding_order
from edge_export.quantize.rounding.hessian import Hessian, product_errors
from edge_export.quantize.rounding.methods import LeastSquares, RoundToNearest
from edge_export.quantize.rounding.stored import StoredRounding
from edge_runtime.arrays import Array

FLOAT32 = np.dtype(np.float32)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Array, Array, Grid]:
    """Return a matrix, the Hessian of correlated inputs, and a grid in either orientation."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    block = draw(st.sampled_from([None, 32, 64, 128]))
    num_inputs = (block or 16) * draw(st.integers(1, 3))
    num_outputs = draw(st.integers(1, 20))
    sources = generator.standard_normal((draw(st.integers(1, 80)), draw(st.integers(1, 40))))
    rows = sources @ generator.standard_normal((sources.shape[1], num_inputs))
    rows *= np.exp(generator.standard_normal(num_inputs))
    matrix = generator.standard_normal((num_inputs, num_outputs)).astype(np.float32)
    hessian = (rows.T @ rows / len(rows)).astype(np.float32)
    grid = Grid(4, 0, block) if block else Grid(8, 1)
    return matrix, hessian, grid


def _transposed_grid(matrix: Array, grid: Grid) -> tuple[Array, Grid]:
    return np.ascontiguousarray(matrix.T), Grid(grid.bits, 1 - grid.axis, grid.block)


def _error(hessian: Array, matrix: Array, actual: Quantized) -> Array:
    return product_errors(hessian, actual.dequantize() - matrix)


@given(cases())
def test_no_output_is_further_off_than_rounded_to_nearest(case: tuple[Array, Array, Grid]) -> None:
    matrix, hessian, grid = case
    actual = _error(hessian, matrix, Gptq({"w": hessian}).quantize("w", matrix, grid, FLOAT32))
    for other in (RoundToNearest(), LeastSquares()):
        expected = _error(hessian, matrix, other.quantize("w", matrix, grid, FLOAT32))
        assert (actual <= expected * (1 + 1e-4) + 1e-6 * np.trace(hessian)).all()


@given(cases())
def test_codes_and_scales_are_of_the_grid(case: tuple[Array, Array, Grid]) -> None:
    matrix, hessian, grid = case
    actual = Gptq({"w": hessian}).quantize("w", matrix, grid, FLOAT32)
    low, high = (-127, 127) if grid.bits == 8 else (-8, 7)
    assert actual.codes.dtype == np.int8
    assert actual.codes.shape == matrix.shape
    assert actual.codes.min() >= low
    assert actual.codes.max() <= high
    assert actual.scales.shape == grid.scale_shape(matrix.shape)
    assert (actual.scales > 0).all()


@given(cases())
def test_a_table_with_an_output_a_row_gets_the_same_codes(case: tuple[Array, Array, Grid]) -> None:
    matrix, hessian, grid = case
    actual = Gptq({"w": hessian}).quantize("w", matrix, grid, FLOAT32)
    turned = Gptq({"w": hessian}).quantize("w", *_transposed_grid(matrix, grid), FLOAT32)
    np.testing.assert_array_equal(turned.codes.T, actual.codes)
    np.testing.assert_array_equal(turned.scales.T, actual.scales)


@given(cases(), st.floats(0.01, 100))
def test_unrelated_inputs_are_rounded_to_nearest(case: tuple[Array, Array, Grid], variance: float) -> None:
    matrix, _, grid = case
    identity = np.eye(len(matrix), dtype=np.float32) * np.float32(variance)
    actual = Gptq({"w": identity}).quantize("w", matrix, grid, FLOAT32)
    expected = LeastSquares().quantize("w", matrix, grid, FLOAT32)
    # Equal errors: the simpler rounding; at four bits least squares, which searches for scales.
    np.testing.assert_array_equal(actual.codes, expected.codes)
    np.testing.assert_array_equal(actual.scales, expected.scales)


@pytest.mark.parametrize("grid", [Grid(4, 0, 64), Grid(8, 1)])
def test_correlated_inputs_leave_less_than_half_the_error(grid: Grid) -> None:
    generator = np.random.default_rng(0)
    rows = generator.standard_normal((500, 48)) @ generator.standard_normal((48, 192))
    hessian = (rows.T @ rows / 500).astype(np.float32)
    matrix = generator.standard_normal((192, 64)).astype(np.float32)
    actual = _error(hessian, matrix, Gptq({"w": hessian}).quantize("w", matrix, grid, FLOAT32))
    nearest = _error(hessian, matrix, LeastSquares().quantize("w", matrix, grid, FLOAT32))
    assert np.sqrt(actual.sum() / nearest.sum()) < 0.5


def test_inputs_that_are_never_seen_are_rounded_to_nearest() -> None:
    matrix = np.random.default_rng(0).standard_normal((64, 8)).astype(np.float32)
    silent = np.zeros((64, 64), np.float32)
    actual = Gptq({"w": silent}).quantize("w", matrix, Grid(4, 0, 32), FLOAT32)
    assert np.abs(actual.dequantize() - matrix).max() < 1
    unknown = Gptq({}).quantize("w", matrix, Grid(4, 0, 32), FLOAT32)
    np.testing.assert_array_equal(
        unknown.codes, LeastSquares().quantize("w", matrix, Grid(4, 0, 32), FLOAT32).codes
    )


def test_inputs_that_vary_most_come_first_and_blocks_stay_together() -> None:
    variances = np.array([1, 2, 9, 0, 5, 6], np.float32)
    assert rounding_order(variances, Grid(8, 1)).tolist() == [2, 5, 4, 1, 0, 3]
    assert rounding_order(variances, Grid(4, 0, 3)).tolist() == [2, 1, 0, 5, 4, 3]


@given(st.lists(st.integers(1, 600), min_size=1, max_size=5))
def test_a_hessian_is_the_mean_of_all_rows_however_they_come(sizes: list[int]) -> None:
    rows = np.random.default_rng(sum(sizes)).standard_normal((sum(sizes), 6)).astype(np.float32)
    hessian = Hessian(6)
    for piece in np.split(rows, np.cumsum(sizes)[:-1]):
        hessian.add(piece)
    assert hessian.num_rows == len(rows)
    np.testing.assert_allclose(hessian.mean(), rows.T @ rows / len(rows), rtol=1e-3, atol=1e-4)


def test_smoothed_and_evened_hessians_are_those_of_the_inputs_they_stand_for() -> None:
    rows = np.random.default_rng(0).standard_normal((50, 4)).astype(np.float32)
    factors = np.array([1, 2, 4, 8], np.float32)
    smoothed = smoothed_hessian(rows.T @ rows, factors)
    np.testing.assert_allclose(smoothed, (rows / factors).T @ (rows / factors), rtol=1e-4)
    assert smoothed_hessian(smoothed, None) is smoothed
    evened = regularized_hessian(np.diag(np.array([1, 3], np.float32)))
    np.testing.assert_allclose(evened, [[2, 0], [0, 4]])


def test_hessians_are_gathered_as_many_at_a_time_as_fit() -> None:
    inputs = {"a": 1000, "b": 1000, "c": 4000, "d": 10}
    groups = list(memory_groups(inputs, 12_000_000))
    assert groups == [["a", "b"], ["c"], ["d"]]
    assert list(memory_groups({}, 1)) == []


def test_what_was_rounded_is_read_back(tmp_path: Path) -> None:
    matrix = np.random.default_rng(0).standard_normal((64, 8)).astype(np.float32)
    chosen = RoundToNearest().quantize("w", matrix, Grid(4, 0, 32), np.dtype(np.float16))
    store = StoredRounding(tmp_path)
    store.save("w", chosen)
    actual = store.quantize("w", matrix, Grid(4, 0, 32), np.dtype(np.float16))
    np.testing.assert_array_equal(actual.codes, chosen.codes)
    np.testing.assert_array_equal(actual.scales, chosen.scales)
    plain = LeastSquares().quantize("w", matrix, Grid(8, 1), FLOAT32)
    np.testing.assert_array_equal(store.quantize("w", matrix, Grid(8, 1), FLOAT32).codes, plain.codes)
