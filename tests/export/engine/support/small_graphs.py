"""Small ONNX graphs that TensorRT builds in a second, or refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from edge_export.engine.builder.build import EngineRequest
from edge_runtime.bundle.specs import DimRange, EngineProfile, TensorSpec

WIDTH = 64
_BATCH = EngineProfile(name="any", dims={"batch": DimRange(min=1, opt=4, max=8)})
_ATTENTION = EngineProfile(
    name="any",
    dims={"batch": DimRange(min=1, opt=1, max=2), "sequence": DimRange(min=1, opt=64, max=128)},
)


def linear(path: Path) -> EngineRequest:
    """Write y = x W in float16."""
    weights = np.random.default_rng(0).standard_normal((WIDTH, WIDTH)).astype(np.float16)
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    return _save(path, [node], TensorProto.FLOAT16, "float16", [numpy_helper.from_array(weights, "w")])


def unknown_operator(path: Path) -> EngineRequest:
    """Write a graph with a contributed operator that the parser knows no plugin for."""
    node = helper.make_node("MatMulNBits", ["x"], ["y"], name="quantised", domain="com.microsoft")
    return _save(path, [node], TensorProto.FLOAT16, "float16", [])


def eight_bit_floats(path: Path) -> EngineRequest:
    """Write a product in fp8, which GPUs before compute capability 8.9 have not."""
    scale = numpy_helper.from_array(np.array(0.05, np.float16), "scale")
    zero = helper.make_tensor("zero", TensorProto.FLOAT8E4M3FN, [], b"\0", raw=True)
    weights = np.random.default_rng(0).standard_normal((WIDTH, WIDTH)).astype(np.float16)
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["xq"]),
        helper.make_node("DequantizeLinear", ["xq", "scale", "zero"], ["xd"]),
        helper.make_node("QuantizeLinear", ["w", "scale", "zero"], ["wq"]),
        helper.make_node("DequantizeLinear", ["wq", "scale", "zero"], ["wd"]),
        helper.make_node("MatMul", ["xd", "wd"], ["y"]),
    ]
    constants = [scale, zero, numpy_helper.from_array(weights, "w")]
    return _save(path, nodes, TensorProto.FLOAT16, "float16", constants)


def attention(path: Path) -> EngineRequest:
    """Write attention in float32 over queries of up to 128 rows, for which there is no fused kernel."""
    shape = ("batch", 4, "sequence", 32)
    names = ("q", "k", "v")
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in names]
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)
    graph = helper.make_graph([helper.make_node("Attention", [*names], ["y"])], "graph", inputs, [output])
    onnx.save(_model(graph), path)
    specs = tuple(TensorSpec(name=name, dtype="float32", shape=shape) for name in names)
    return EngineRequest("decoder", path, specs, (_ATTENTION,), ("8.6",))


def _save(
    path: Path, nodes: list[onnx.NodeProto], kind: int, dtype: str, constants: list[onnx.TensorProto]
) -> EngineRequest:
    ends = [helper.make_tensor_value_info(name, kind, ("batch", WIDTH)) for name in ("x", "y")]
    graph = helper.make_graph(nodes, "graph", ends[:1], ends[1:], constants)
    onnx.save(_model(graph), path)
    spec = TensorSpec(name="x", dtype=dtype, shape=("batch", WIDTH))
    return EngineRequest("decoder", path, (spec,), (_BATCH,), ("8.6",))


def _model(graph: onnx.GraphProto) -> onnx.ModelProto:
    opsets = [helper.make_opsetid("", 24), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=12)
