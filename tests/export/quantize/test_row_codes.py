"""Products on codes of rows: as exact as their codes are fine, and each row alone."""

from __future__ import annotations

from collections.abc import Callable
from math import erf

import numpy as np
import onnx_ir as ir
import onnxruntime as ort
import pytest

from edge_export.quantize.rewrite.node_chain import NodeChain
from edge_export.quantize.rewrite.row_codes import AFTER_GELU, SIGNED, RowProduct, code_range
from edge_export.quantize.rewrite.weight_only import new_initializer
from edge_runtime.arrays import Array

ROWS, INPUTS, OUTPUTS = 5, 96, 32
RNG = np.random.default_rng(0)
CODES = RNG.integers(-127, 128, (INPUTS, OUTPUTS)).astype(np.int8)
SCALES = RNG.uniform(0.001, 0.02, OUTPUTS).astype(np.float32)
MATRIX = CODES * SCALES.astype(np.float64)


def run(x: Array, write: Callable[[RowProduct, ir.Value], None]) -> Array:
    """Run a graph of one product with the matrix."""
    value = ir.Value(name="x", type=ir.TensorType(ir.DataType.FLOAT), shape=ir.Shape((1, None, INPUTS)))
    graph = ir.Graph([value], [], nodes=[], opset_imports={"": 21, "com.microsoft": 1}, name="one")
    stored = []
    for name, array in (("w", CODES), ("s", SCALES)):
        tensor = ir.tensor(array, name=name)
        stored.append(new_initializer(graph, name, tensor.dtype, array.shape))
        stored[-1].const_value = tensor
    chain = NodeChain(graph, "w")
    product = RowProduct(chain, stored[0], stored[1])
    write(product, value)
    graph.extend(chain.nodes)
    result = chain.nodes[-1].outputs[0]
    result.type, result.shape = ir.TensorType(ir.DataType.FLOAT), ir.Shape((1, None, OUTPUTS))
    graph.outputs.append(result)
    model = ir.to_proto(ir.Model(graph, ir_version=10)).SerializeToString()
    y: Array = ort.InferenceSession(model, providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]
    return y


def int8_product(product: RowProduct, value: ir.Value) -> None:
    product.multiply_int8(value, SIGNED)


def int16_product(product: RowProduct, value: ir.Value) -> None:
    product.multiply_int16(value)


def error(x: Array, y: Array) -> Array:
    """Return how far each row is off, against the largest sum that a step of one code in all inputs makes."""
    peak = np.abs(x).max(axis=-1, keepdims=True)
    off: Array = np.abs(y - x.astype(np.float64) @ MATRIX) / (peak * np.abs(MATRIX).sum(axis=0))
    return off


def rows() -> Array:
    """Return rows with rare values far above the rest, of very different sizes."""
    x = RNG.standard_normal((1, ROWS, INPUTS)).astype(np.float32)
    x[0, 1, 7], x[0, 2] = 60.0, x[0, 2] * 1e-4
    return x


def test_a_coarse_row_is_off_by_half_a_code_at_most() -> None:
    x = rows()
    y = run(x, int8_product)
    assert error(x, y).max() <= 0.51 / 127


def test_a_fine_row_is_off_by_half_of_a_254th_of_a_code_at_most() -> None:
    x = rows()
    y = run(x, int16_product)
    assert error(x, y).max() <= 0.51 / 127 / 254 + 1e-6  # of float32


@pytest.mark.parametrize("size", [0.01, 0.3, 3.0, 300.0])
def test_activations_behind_gelu_have_finer_codes_and_keep_their_minimum(size: float) -> None:
    inputs = np.append(np.linspace(-6, 0, INPUTS // 2), np.linspace(0, size, INPUTS // 2))
    x = (inputs * 0.5 * (1 + np.vectorize(erf)(inputs / np.sqrt(2)))).astype(np.float32)
    x = np.tile(x, (1, ROWS, 1))
    y = run(x, lambda product, value: product.multiply_int8(value, AFTER_GELU))
    step = max(float(x.max()), AFTER_GELU.min_peak) / AFTER_GELU.span
    off = np.abs(y - x.astype(np.float64) @ MATRIX) / np.abs(MATRIX).sum(axis=0)
    assert off.max() <= 0.51 * step
    assert x.min() == pytest.approx(-0.16997, abs=1e-3)


@pytest.mark.parametrize("write", [int8_product, int16_product])
def test_a_row_does_not_depend_on_the_others(write: Callable[[RowProduct, ir.Value], None]) -> None:
    x = rows()
    batched = run(x, write)
    single = np.concatenate([run(x[:, row : row + 1], write) for row in range(ROWS)], axis=1)
    np.testing.assert_array_equal(batched, single)


@pytest.mark.parametrize("write", [int8_product, int16_product])
def test_a_row_of_zeros_stays_one(write: Callable[[RowProduct, ir.Value], None]) -> None:
    assert (run(np.zeros((1, 2, INPUTS), np.float32), write) == 0).all()


@pytest.mark.parametrize("between", [[], ["Transpose", "Reshape"], ["Add"]])
def test_the_range_follows_from_what_gives_the_activations(between: list[str]) -> None:
    value = ir.Node("", "Gelu", [ir.Value(name="x")]).outputs[0]
    for operator in between:
        value = ir.Node("", operator, [value]).outputs[0]
    assert code_range(value) == (SIGNED if "Add" in between else AFTER_GELU)
    assert code_range(ir.Value(name="input")) == SIGNED
