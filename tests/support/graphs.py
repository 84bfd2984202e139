"""Write ONNX files from nodes and a component's tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from edge_runtime.arrays import Array
from edge_runtime.bundle.specs import Component, TensorSpec

_IR_VERSION = 11
"""Old enough for every ONNX Runtime that knows opset 23."""
TENSOR_SCATTER_OPSET = 24


def save_graph(
    path: Path,
    component: Component,
    nodes: Sequence[onnx.NodeProto],
    constants: Mapping[str, Array] | None = None,
) -> Path:
    """Write a graph whose inputs and outputs are those of `component`."""
    graph = helper.make_graph(
        nodes,
        path.stem,
        [_value(spec) for spec in component.inputs],
        [_value(spec) for spec in component.outputs],
        [numpy_helper.from_array(array, name) for name, array in (constants or {}).items()],
    )
    opset = helper.make_opsetid("", component.opset)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=_IR_VERSION)
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString())
    return path


def append_rows(opset: int, past: str, rows: str, present: str) -> list[onnx.NodeProto]:
    """Return nodes that write rows (B, 1, S, 1) into a cache from row `cache_len` on.

    They are TensorScatter where the opset has it, as in graphs of lowering `modern`, and else what ONNX
    Runtime 1.23 loads too.
    """
    if opset >= TENSOR_SCATTER_OPSET:
        return [helper.make_node("TensorScatter", [past, rows, "cache_len"], [present], axis=-2)]
    name = f"{present}_{{}}".format
    return [
        constant(name("axes"), [0, 1, 3]),
        constant(name("cache_axes"), [1, 2, 3]),
        constant(name("zero"), 0),
        constant(name("one"), 1),
        helper.make_node("Shape", [rows], [name("length")], start=2, end=3),
        helper.make_node("Squeeze", [name("length")], [name("count")]),
        helper.make_node("Range", [name("zero"), name("count"), name("one")], [name("steps")]),
        helper.make_node("Unsqueeze", [name("steps"), name("axes")], [name("offsets")]),
        helper.make_node("Unsqueeze", ["cache_len", name("cache_axes")], [name("start")]),
        helper.make_node("Add", [name("start"), name("offsets")], [name("places")]),
        helper.make_node("ScatterElements", [past, name("places"), rows], [present], axis=2),
    ]


def constant(name: str, values: Array | list[int] | int) -> onnx.NodeProto:
    """Return a node that yields a constant."""
    return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.asarray(values)))


def _value(spec: TensorSpec) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(
        spec.name, getattr(onnx.TensorProto, _ONNX_NAMES[spec.dtype]), spec.shape
    )


_ONNX_NAMES = {"float32": "FLOAT", "int64": "INT64", "bool": "BOOL"}
