"""Write ONNX files from nodes and a component's tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import onnx
from onnx import helper, numpy_helper

from edge_runtime.arrays import Array
from edge_runtime.bundle.specs import Component, TensorSpec

_IR_VERSION = 11
"""Old enough for every ONNX Runtime that knows opset 24."""


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


def _value(spec: TensorSpec) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(
        spec.name, getattr(onnx.TensorProto, _ONNX_NAMES[spec.dtype]), spec.shape
    )


_ONNX_NAMES = {"float32": "FLOAT", "int64": "INT64", "bool": "BOOL"}
