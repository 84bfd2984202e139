"""Products of an `ort` graph that keep their input: what the kernel computes is what numpy says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from onnx import TensorProto, helper

from edge_export.quantize.blobs import to_blobs
from edge_export.quantize.contrib import insert_kernels
from edge_export.quantize.exact_rows import BLOCK, insert_float_products
from edge_export.quantize.quantisation import Quantisation
from edge_export.quantize.scheme import Override, QuantisationPlan, Scheme

FLOAT_PRODUCTS = Scheme("int8", products="float")
INPUTS, OUTPUTS = 96, 40


def traced(num_inputs: int) -> ir.Model:
    """A graph y = x W whose matrix has no value yet."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", num_inputs])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", OUTPUTS])
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "g", [x], [y])
    opsets = [helper.make_opsetid("", 24), helper.make_opsetid("com.microsoft", 1)]
    model = ir.from_proto(helper.make_model(graph, opset_imports=opsets, ir_version=11))
    matrix = ir.Value(name="w", type=ir.TensorType(ir.DataType.FLOAT), shape=ir.Shape((num_inputs, OUTPUTS)))
    model.graph.initializers.add(matrix)
    model.graph.node(0).replace_input_with(1, matrix)
    return model


def plan(scheme: Scheme) -> QuantisationPlan:
    return QuantisationPlan({"aligner": Scheme("int8")}, (Override("w", scheme, "planted"),))


def test_a_float_product_is_that_of_the_rows_with_the_matrix_in_blocks(tmp_path: Path) -> None:
    import onnxruntime  # noqa: PLC0415

    generator = np.random.default_rng(0)
    rows = generator.standard_normal((7, INPUTS)).astype(np.float32) * 10 ** generator.uniform(-2, 2, INPUTS)
    rows, value = rows.astype(np.float32), generator.standard_normal((INPUTS, OUTPUTS)).astype(np.float32)
    model, quantisation = traced(INPUTS), Quantisation(plan(FLOAT_PRODUCTS))
    stored = insert_float_products(model, "aligner", quantisation.plan)
    quantised = quantisation.quantise("w", value, stored["w"])
    codes, scales = to_blobs(quantised)
    for name, data in (("w", codes.reshape(OUTPUTS, -1, BLOCK)), ("w.scales", scales)):
        model.graph.initializers[name].const_value = ir.tensor(data, name=name)
    path = tmp_path / "g.onnx"
    onnx.save(ir.to_proto(model), path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"x": rows})
    expected = rows.astype(np.float64) @ quantised.dequantise().astype(np.float64)
    # Float sums of 96 terms; rows as codes would be off by a hundredth of the largest term.
    assert np.abs(found - expected).max() < 1e-5 * np.abs(rows).max()


def test_short_blocks_are_nearer_to_the_matrix_than_whole_outputs() -> None:
    value = np.random.default_rng(1).standard_normal((INPUTS, OUTPUTS)).astype(np.float32)
    errors = {}
    for products in ("integer", "float"):
        model = traced(INPUTS)
        quantisation = Quantisation(plan(Scheme("int8", products=products)))
        stored = insert_float_products(model, "aligner", quantisation.plan)
        stored |= insert_kernels(model, "aligner", quantisation.plan)
        errors[products] = np.linalg.norm(quantisation.quantise("w", value, stored["w"]).dequantise() - value)
    assert errors["float"] < 0.9 * errors["integer"]


@pytest.mark.parametrize(("num_inputs", "scheme"), [(INPUTS, Scheme("int8")), (50, FLOAT_PRODUCTS)])
def test_what_is_not_asked_for_or_has_no_block_is_left_to_the_other_kernels(
    num_inputs: int, scheme: Scheme
) -> None:
    model = traced(num_inputs)
    assert insert_float_products(model, "aligner", plan(scheme)) == {}
    assert insert_kernels(model, "aligner", plan(scheme)).keys() == {"w"}
    assert [node.op_type for node in model.graph][-2:] == ["MatMulIntegerToFloat", "Mul"]
