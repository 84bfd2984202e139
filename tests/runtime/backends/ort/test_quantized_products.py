"""Products with dequantized weights: activations are multiplied as they are, not rounded to eight bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from edge_runtime.backends.ort.session import open_session
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.specs import Component, TensorSpec

INPUTS, OUTPUTS, BLOCK = 256, 64, 64
CODES = {8: (TensorProto.INT8, 127), 4: (TensorProto.INT4, 7)}


def component() -> Component:
    return Component(
        graph="product.onnx",
        precision="int8",
        lowering="modern",
        opset=21,
        inputs=(TensorSpec(name="x", dtype="float32", shape=("rows", INPUTS)),),
        outputs=(TensorSpec(name="y", dtype="float32", shape=("rows", OUTPUTS)),),
    )


def save_product(path: Path, bits: int, generator: np.random.Generator) -> np.ndarray:
    """Write y = x DequantizeLinear(codes), per output or in blocks; return the dequantized matrix."""
    data_type, largest = CODES[bits]
    codes = generator.integers(-largest, largest + 1, (INPUTS, OUTPUTS))
    in_blocks = bits == 4
    shape = (INPUTS // BLOCK, OUTPUTS) if in_blocks else (OUTPUTS,)
    scales = generator.uniform(0.5, 1.5, shape).astype(np.float32) / largest / 8
    attributes = {"axis": 0, "block_size": BLOCK} if in_blocks else {"axis": 1}
    nodes = [
        helper.make_node("DequantizeLinear", ["codes", "scales"], ["w"], **attributes),
        helper.make_node("MatMul", ["x", "w"], ["y"]),
    ]
    x, y = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows", size])
        for name, size in (("x", INPUTS), ("y", OUTPUTS))
    )
    stored = helper.make_tensor("codes", data_type, codes.shape, codes.ravel())
    graph = helper.make_graph(nodes, "g", [x], [y], [stored, numpy_helper.from_array(scales, "scales")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    path.write_bytes(model.SerializeToString())
    return codes * (np.repeat(scales, BLOCK, axis=0) if in_blocks else scales)


@pytest.mark.parametrize("bits", CODES)
@pytest.mark.parametrize("rows", [1, 5])
def test_a_product_with_dequantized_weights_equals_numpy(rows: int, bits: int, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    matrix = save_product(tmp_path / "product.onnx", bits, generator)
    x = generator.standard_normal((rows, INPUTS)).astype(np.float32)
    session = open_session(component(), tmp_path / "product.onnx", SessionOptions(threads=1))
    actual = session.bind({}).run({"x": x})["y"]
    assert np.abs(actual - x @ matrix).max() < 0.001
