"""Codes and scales are as close to a matrix as possible, with the semantics of ONNX."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from onnx import TensorProto, helper

from edge_export.quantize.grid import Grid, Quantized
from edge_export.quantize.packing import pack_int4
from edge_export.quantize.rounding.methods import LeastSquares, RoundToNearest
from edge_runtime.arrays import Array

FLOAT32, FLOAT16 = np.dtype(np.float32), np.dtype(np.float16)
# Magnitudes whose scales are ordinary numbers of either float type.
VALUES = st.floats(-100, 100, width=32).filter(lambda value: value == 0 or abs(value) > 0.03)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Array, Grid]:
    bits, axis = draw(st.sampled_from([8, 4])), draw(st.sampled_from([0, 1]))
    block = draw(st.sampled_from([None, 32])) if bits == 4 else None
    shape = [draw(st.integers(1, 6)), draw(st.integers(1, 6))]
    if block:
        shape[axis] = 32 * draw(st.integers(1, 2))
    return draw(hnp.arrays(np.float32, tuple(shape), elements=VALUES)), Grid(bits, axis, block)


def spread(actual: Quantized) -> Array:
    return actual.grid.spread(actual.scales, actual.codes.shape).astype(np.float64)


@given(cases(), st.sampled_from([FLOAT32, FLOAT16]))
def test_no_value_is_further_than_half_a_scale_from_its_code(
    case: tuple[Array, Grid], dtype: np.dtype[np.generic]
) -> None:
    matrix, grid = case
    actual = RoundToNearest().quantize("w", matrix, grid, dtype)
    error = np.abs(matrix - actual.codes * spread(actual))
    # A scale that the float type rounds down leaves the largest value a little further away.
    assert (error <= spread(actual) * (0.5 + 128 * np.finfo(dtype).eps)).all()


@given(cases())
def test_eight_bits_are_symmetric_and_four_bits_use_all_codes(case: tuple[Array, Grid]) -> None:
    matrix, grid = case
    codes = RoundToNearest().quantize("w", matrix, grid, FLOAT32).codes
    low, high = (-127, 127) if grid.bits == 8 else (-8, 7)
    assert codes.min() >= low
    assert codes.max() <= high


@given(cases(), st.sampled_from([RoundToNearest(), LeastSquares()]))
def test_zeros_stay_zeros_under_a_scale_that_is_none(
    case: tuple[Array, Grid], rounding: RoundToNearest | LeastSquares
) -> None:
    matrix, grid = case
    matrix[0] = 0
    actual = rounding.quantize("w", matrix, grid, FLOAT32)
    assert (actual.scales > 0).all()
    assert (actual.dequantize()[matrix == 0] == 0).all()


@given(cases())
def test_the_largest_magnitude_is_exact_at_eight_bits(case: tuple[Array, Grid]) -> None:
    matrix, _ = case
    actual = RoundToNearest().quantize("w", matrix, Grid(8, 1), FLOAT32)
    largest = np.abs(matrix).max(axis=0)
    np.testing.assert_allclose(np.abs(actual.dequantize()).max(axis=0), largest, rtol=2e-7)


@given(cases())
def test_a_matrix_on_the_grid_of_eight_bits_is_its_own_rounding(case: tuple[Array, Grid]) -> None:
    matrix, _ = case
    once = RoundToNearest().quantize("w", matrix, Grid(8, 1), FLOAT32)
    twice = RoundToNearest().quantize("w", once.dequantize(), Grid(8, 1), FLOAT32)
    np.testing.assert_array_equal(twice.codes, once.codes)
    np.testing.assert_allclose(twice.scales, once.scales, rtol=2e-7)


@given(cases())
def test_searched_scales_never_leave_more_squared_error_in_any_block(case: tuple[Array, Grid]) -> None:
    matrix, grid = case
    nearest = RoundToNearest().quantize("w", matrix, grid, FLOAT32).dequantize()
    searched = LeastSquares().quantize("w", matrix, grid, FLOAT32).dequantize()
    assert (grid.total((searched - matrix) ** 2) <= grid.total((nearest - matrix) ** 2)).all()


def test_four_bit_ranges_and_search_each_lower_the_error_of_normal_weights() -> None:
    matrix = np.random.default_rng(0).standard_normal((1024, 64)).astype(np.float32)
    grid = Grid(4, 0, 128)

    def error(actual: Array) -> float:
        return float(np.linalg.norm(actual - matrix))

    scales = grid.spread(grid.max_abs(matrix) / 7, matrix.shape)
    symmetric = np.rint(matrix / scales) * scales
    nearest = RoundToNearest().quantize("w", matrix, grid, FLOAT32).dequantize()
    searched = LeastSquares().quantize("w", matrix, grid, FLOAT32).dequantize()
    assert error(searched) < 0.95 * error(nearest) < 0.95 * 0.97 * error(symmetric)


def _through_onnx_runtime(actual: Quantized) -> Array:
    """Dequantise the bytes that a graph file would hold."""
    grid = actual.grid
    kind, data = (
        (TensorProto.INT4, pack_int4(actual.codes)) if grid.bits == 4 else (TensorProto.INT8, actual.codes)
    )
    block = {"block_size": grid.block} if grid.block else {}
    node = helper.make_node("DequantizeLinear", ["codes", "scales"], ["matrix"], axis=grid.axis, **block)
    codes = helper.make_tensor("codes", kind, actual.codes.shape, data.tobytes(), raw=True)
    scales = onnx.numpy_helper.from_array(actual.scales, "scales")
    matrix = helper.make_tensor_value_info(
        "matrix", helper.np_dtype_to_tensor_dtype(actual.scales.dtype), actual.codes.shape
    )
    graph = helper.make_graph([node], "one", [], [matrix], [codes, scales])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    onnx.checker.check_model(model)
    session = ort.InferenceSession(model.SerializeToString())
    return np.asarray(session.run(None, {})[0])


@given(cases(), st.sampled_from([FLOAT32, FLOAT16]))
def test_onnx_runtime_reads_the_very_same_matrix(
    case: tuple[Array, Grid], dtype: np.dtype[np.generic]
) -> None:
    matrix, grid = case
    # Its blocks are defined for four bits here; a scale per output serves eight.
    assume(grid.bits == 8 or grid.block is not None)
    actual = LeastSquares().quantize("w", matrix, grid, dtype)
    np.testing.assert_array_equal(_through_onnx_runtime(actual), actual.dequantize())


@pytest.mark.parametrize(("codes", "packed"), [([1, -2, 7, -8], [0xE1, 0x87]), ([-1], [0x0F])])
def test_four_bit_codes_are_packed_low_half_first(codes: list[int], packed: list[int]) -> None:
    assert pack_int4(np.array(codes, np.int8)).tolist() == packed
