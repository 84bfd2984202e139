"""Quantised graphs hold the matrices that numpy computes, once each, and standard operators alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import onnxruntime as ort
import pytest

from edge_export.graphs.parameters import parameter
from edge_export.graphs.trace import trace
from edge_export.quantize.grid import Grid
from edge_export.quantize.rewrite.weight_only import axes_of, grid_for, matrices
from edge_export.quantize.scheme import Override, QuantizationPlan, Scheme, block_for
from edge_runtime.arrays import Array
from edge_runtime.errors import UsageError
from tests.export.quantize.conftest import PRECISIONS, Calibrated, QuantizedGraphs

TABLE = "language_model.embed_tokens.weight"


def _dequantized(path: Path) -> Iterator[tuple[str, Array]]:
    """Yield every matrix as ONNX Runtime computes it, one `DequantizeLinear` at a time."""
    model = onnx.load(path)
    stored = {each.name: each for each in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in stored:
            output = onnx.helper.make_tensor_value_info(node.output[0], onnx.TensorProto.FLOAT, None)
            graph = onnx.helper.make_graph([node], "one", [], [output], [stored[name] for name in node.input])
            single = onnx.helper.make_model(graph, opset_imports=model.opset_import, ir_version=10)
            yield node.input[0], ort.InferenceSession(single.SerializeToString()).run(None, {})[0]


@pytest.mark.parametrize("precision", PRECISIONS)
def test_matrices_in_the_file_are_those_that_numpy_rounds_to(
    calibrated: Calibrated, quantized: QuantizedGraphs, precision: str
) -> None:
    spec = quantized.specs[1]
    quantization, weights = quantized.quantizations[precision], calibrated.checkpoint.weights
    traced = trace(spec, calibrated.checkpoint.config)
    stored = quantization.apply(traced.model, spec)
    actual = dict(_dequantized(quantized.directories[precision] / spec.file_name))
    assert actual.keys() == stored.keys()
    assert len(actual) == 1 + 4 * calibrated.checkpoint.config.text.num_layers
    for name, matrix in actual.items():
        value = parameter(traced.module, name, weights, calibrated.checkpoint.config).numpy()
        expected = quantization.quantize(name, value, stored[name]).dequantize()
        np.testing.assert_array_equal(matrix, expected)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_decoder_is_standard_and_holds_its_tied_table_once(
    quantized: QuantizedGraphs, precision: str
) -> None:
    path = quantized.directories[precision] / "decoder.onnx"
    onnx.checker.check_model(str(path), full_check=True)
    model = onnx.load(path, load_external_data=False)
    assert {node.domain for node in model.graph.node} == {""}
    readers = [node.op_type for node in model.graph.node if TABLE in node.input]
    assert readers == ["DequantizeLinear"]
    users = [node.op_type for node in model.graph.node if f"{TABLE}.dequantised" in node.input]
    assert sorted(users) == ["Gather", "MatMul"]


def test_sizes_of_the_files_are_those_of_the_codes(
    calibrated: Calibrated, quantized: QuantizedGraphs
) -> None:
    size = {
        name: (folder / "decoder.onnx.data").stat().st_size for name, folder in quantized.directories.items()
    }
    whole = (calibrated.directory / "decoder.onnx.data").stat().st_size
    # Codes are a quarter and an eighth; scales, norms and the alignment to pages come on top.
    assert size["int8"] < 0.36 * whole
    assert size["int4"] < 0.24 * whole


def test_only_the_products_that_are_named_have_quantized_inputs(quantized: QuantizedGraphs) -> None:
    graph = onnx.load(quantized.directories["int8-w8a8"] / "decoder.onnx", load_external_data=False).graph
    kinds = Counter(node.op_type for node in graph.node)
    # Per layer qkv, o and gate_up, of two layers; down and the table have eight bits in their weights alone.
    assert kinds["QuantizeLinear"] == 6
    assert kinds["DequantizeLinear"] == 6 + 9
    inputs = {
        node.output[0].removesuffix(".input_codes") for node in graph.node if "Quant" in node.op_type[:5]
    }
    assert not any("down_proj" in name or "embed" in name for name in inputs)


def test_a_plan_takes_the_first_exception_that_matches() -> None:
    plan = QuantizationPlan(
        {"decoder": Scheme("int4")},
        (Override("*.down_proj.weight", Scheme("int8"), "x"), Override("*", Scheme(), "rest")),
    )
    assert plan.scheme("decoder", "a.down_proj.weight").weights == "int8"
    assert plan.scheme("decoder", "b").weights == "float"
    assert plan.scheme("encoder", "a.down_proj.weight").weights == "float", "a component that is not named"


@pytest.mark.parametrize(
    ("num_inputs", "longest", "block"),
    [(1024, 128, 128), (192, 128, 64), (96, 128, 32), (1024, 32, 32), (100, 128, None)],
)
def test_a_block_is_the_largest_that_divides_the_inputs(
    num_inputs: int, longest: int, block: int | None
) -> None:
    assert block_for(num_inputs, longest) == block


def test_inputs_without_a_block_fall_back_to_eight_bits() -> None:
    assert grid_for(Scheme("int4"), (1, 0), (100, 64)) == Grid(8, 1)
    assert grid_for(Scheme("int4"), (0, None), (48, 48, 3, 3)) == Grid(8, 0)
    assert grid_for(Scheme("int4"), (0, 1), (1216, 192)) == Grid(4, 1, 64)


@pytest.mark.parametrize("wrong", [{"block": 48}, {"weights": "int4", "activations": "int8"}])
def test_schemes_that_no_back_end_knows_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Scheme(**wrong)


def test_every_matrix_of_a_checkpoint_is_found_and_nothing_else(calibrated: Calibrated) -> None:
    actual = {
        str(value.name): axes_of(node, value)
        for name in ("encoder", "decoder")
        for node, value in matrices(ir.load(calibrated.directory / f"{name}.onnx").graph)
    }
    float_matrices = ("norm", "bias", "positions", "inv_freq")
    assert not [name for name in actual if any(part in name for part in float_matrices)]
    # Two layers of four each side, three convolutions, their projection, the projector's two, the table.
    assert len(actual) == 2 * 4 + 2 * 4 + 3 + 1 + 2 + 1
    assert actual[TABLE] == (0, 1)
