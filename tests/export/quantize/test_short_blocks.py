"""Products in short blocks: the kernel equals numpy, with a smaller error than whole rows."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import onnxruntime
from onnx import TensorProto, helper

from edge_export.graphs.export_config import export_config
from edge_export.quantize.activation_scales import Calibration
from edge_export.quantize.grid import Grid
from edge_export.quantize.packing import pack_matmul_nbits
from edge_export.quantize.quantization import Quantization
from edge_export.quantize.rewrite.ort_kernels import insert_kernels
from edge_export.quantize.rewrite.weight_only import grid_for
from edge_export.quantize.rounding.gptq import Gptq
from edge_export.quantize.rounding.stored import StoredRounding
from edge_export.quantize.scheme import Override, QuantizationPlan, Scheme
from edge_export.tuning.layers.rows import rows_of

BLOCKS = Scheme("int8", scales="block")
INPUTS, OUTPUTS = 96, 40


def traced(num_inputs: int) -> ir.Model:
    """A graph y = x W whose matrix has no value yet."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", num_inputs])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", OUTPUTS])
    w = helper.make_tensor_value_info("w", TensorProto.FLOAT, [num_inputs, OUTPUTS])
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "g", [x, w], [y])
    opsets = [helper.make_opsetid("", 24), helper.make_opsetid("com.microsoft", 1)]
    model = ir.from_proto(helper.make_model(graph, opset_imports=opsets, ir_version=11))
    model.graph.initializers.add(model.graph.inputs.pop())
    return model


def plan(scheme: Scheme) -> QuantizationPlan:
    return QuantizationPlan({"aligner": Scheme("int8")}, (Override("w", scheme, "planted"),))


def planted() -> tuple[np.ndarray, np.ndarray]:
    """Rows with inputs of very different size, and a matrix."""
    generator = np.random.default_rng(0)
    rows = generator.standard_normal((7, INPUTS)) * 10 ** generator.uniform(-1, 1, INPUTS)
    return rows.astype(np.float32), generator.standard_normal((INPUTS, OUTPUTS)).astype(np.float32)


def test_the_kernel_multiplies_rows_and_matrix_as_both_are_stored(tmp_path: Path) -> None:
    rows, value = planted()
    model, quantization = traced(INPUTS), Quantization(plan(BLOCKS))
    stored = insert_kernels(model, "aligner", quantization.plan)
    quantized = quantization.quantize("w", value, stored["w"])
    codes, scales = pack_matmul_nbits(quantized)
    for name, data in (("w", codes.reshape(OUTPUTS, -1, 32)), (stored["w"].scales, scales)):
        model.graph.initializers[name].const_value = ir.tensor(data, name=name)
    onnx.save(ir.to_proto(model), tmp_path / "g.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "g.onnx", providers=["CPUExecutionProvider"])
    (actual,) = session.run(None, {"x": rows})
    seen = rows_of(model.graph, stored, (), np.dtype(np.float32))["w"].as_computed("w", rows, Calibration())
    error = np.linalg.norm(actual - seen @ quantized.dequantize())
    # Rounding of halves may differ by a code; the rows themselves are off by many times that.
    assert error < 0.1 * np.linalg.norm((seen - rows) @ value)


def test_blocks_are_nearer_to_rows_and_matrix_than_whole_rows_and_outputs() -> None:
    rows, value = planted()
    errors = {}
    for scheme in (BLOCKS, Scheme("int8")):
        model, quantization = traced(INPUTS), Quantization(plan(scheme))
        stored = insert_kernels(model, "aligner", quantization.plan)
        seen = rows_of(model.graph, stored, (), np.dtype(np.float32))["w"].as_computed(
            "w", rows, Calibration()
        )
        actual = seen @ quantization.quantize("w", value, stored["w"]).dequantize()
        errors[scheme.scales] = np.linalg.norm(actual - rows @ value)
    assert errors["block"] < 0.9 * errors["whole"]


def test_what_no_block_divides_has_a_scale_an_output() -> None:
    model = traced(50)
    assert insert_kernels(model, "aligner", plan(BLOCKS)).keys() == {"w"}
    assert "MatMulIntegerToFloat" in {node.op_type for node in model.graph}


def test_an_aligner_for_onnx_runtime_has_finer_rows_or_blocks_and_a_float_head() -> None:
    expected = {"ort": Scheme("int8", activations="int16"), "modern": BLOCKS}
    for precision, lowering in product(("int8", "int4"), ("ort", "modern")):
        actual = export_config(precision, lowering, kind="aligner").plan
        assert actual.scheme("aligner", "score.weight").weights == "float"
        name = "language_model.layers.0.mlp.gate_up_proj.weight"
        assert actual.scheme("aligner", name) == expected[lowering], "an aligner has eight bits at four"
    assert export_config("int8").plan.scheme("encoder", "x.fc1.weight").scales == "whole"
    calibrated = export_config("int8-w8a8", kind="aligner").plan
    assert calibrated == export_config("int8-w8a8").plan, "calibrated rows have one scale"


def test_recordings_round_the_blocks_of_an_aligner(tmp_path: Path) -> None:
    rows, value = planted()
    grid = grid_for(BLOCKS, (1, 0), value.shape)
    assert grid == Grid(8, 0, 32)
    hessian = rows.T @ rows / len(rows)
    rounded = Gptq({"w": hessian}).quantize("w", value, grid, np.dtype(np.float32))
    store = StoredRounding(tmp_path)
    store.save("w", rounded)
    model = traced(INPUTS)
    stored = Quantization(plan(BLOCKS), rounding=store)
    stored_matrix = insert_kernels(model, "aligner", stored.plan)["w"]
    np.testing.assert_array_equal(stored.quantize("w", value, stored_matrix).codes, rounded.codes)
