"""Graphs with weights in files, at every place where ONNX can have a tensor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import onnx
from onnx import TensorProto, helper

from edge_runtime.bundle.specs import Component, TensorSpec


def in_file(name: str, size: int, location: str, offset: int = 0, length: int | None = None) -> TensorProto:
    """Return a float32 vector whose values are in a file."""
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[size])
    tensor.data_location = TensorProto.EXTERNAL
    entries = {"location": location, "offset": offset, "length": 4 * size if length is None else length}
    for key, value in entries.items():
        tensor.external_data.add(key=key, value=str(value))
    return tensor


def scaling_graph(size: int) -> onnx.ModelProto:
    """Return y = x * first * second, `second` read in the body of a loop over the rows of x."""
    data = "scale.onnx.data"
    row = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [size]) for name in ("row_in", "row_out")]
    product = helper.make_node("Mul", ["row_in", "second"], ["row_out"])
    body = helper.make_graph([product], "body", row[:1], row[1:], [in_file("second", size, data, 4 * size)])
    nodes = [
        helper.make_node("Mul", ["x", "first"], ["once"]),
        helper.make_node("Scan", ["once"], ["y"], body=body, num_scan_inputs=1),
    ]
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size]) for name in "xy")
    graph = helper.make_graph(nodes, "scale", [x], [y], [in_file("first", size, data)])
    return _model(graph)


def save_table(folder: Path, rows: int, width: int) -> tuple[Component, Path]:
    """Write a graph that picks rows of a table of zeros, which takes no room on the disk."""
    table = in_file("table", rows * width, "table.onnx.data")
    table.dims[:] = [rows, width]
    with (folder / "table.onnx.data").open("wb") as stream:
        stream.truncate(4 * rows * width)
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "row"], ["values"])],
        "table",
        [helper.make_tensor_value_info("row", TensorProto.INT64, ["n"])],
        [helper.make_tensor_value_info("values", TensorProto.FLOAT, ["n", width])],
        [table],
    )
    (folder / "table.onnx").write_bytes(_model(graph).SerializeToString())
    component = Component(
        graph="table.onnx",
        precision="fp32",
        lowering="modern",
        opset=23,
        inputs=(TensorSpec(name="row", dtype="int64", shape=("n",)),),
        outputs=(TensorSpec(name="values", dtype="float32", shape=("n", width)),),
    )
    return component, folder / "table.onnx"


def _model(graph: onnx.GraphProto) -> onnx.ModelProto:
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=11)


def _of_nodes(*nodes: onnx.NodeProto) -> onnx.ModelProto:
    return _model(helper.make_graph(nodes, "g", [], []))


def _in_body(tensor: TensorProto) -> onnx.ModelProto:
    body = helper.make_graph([], "body", [], [], [tensor])
    return _of_nodes(helper.make_node("If", ["c"], ["y"], then_branch=body, else_branch=body))


def _in_function(tensor: TensorProto) -> onnx.ModelProto:
    constant = helper.make_node("Constant", [], ["y"], value=tensor)
    opset = [helper.make_opsetid("", 23)]
    model = _of_nodes()
    model.functions.append(helper.make_function("local", "f", [], ["y"], [constant], opset))
    return model


def _sparse(tensor: TensorProto) -> onnx.ModelProto:
    model = _of_nodes()
    model.graph.sparse_initializer.add(values=tensor, dims=[1])
    return model


def _in_training(tensor: TensorProto) -> onnx.ModelProto:
    model = _of_nodes()
    model.training_info.add().algorithm.initializer.append(tensor)
    return model


HOLDERS: Mapping[str, Callable[[TensorProto], onnx.ModelProto]] = {
    "a weight": lambda tensor: _model(helper.make_graph([], "g", [], [], [tensor])),
    "a constant": lambda tensor: _of_nodes(helper.make_node("Constant", [], ["y"], value=tensor)),
    "tensors of a node": lambda tensor: _of_nodes(
        helper.make_node("Own", [], ["y"], values=[tensor, tensor])
    ),
    "the body of a branch": _in_body,
    "a function": _in_function,
    "a sparse weight": _sparse,
    "training": _in_training,
}
"""Place in a model → a model with a tensor there."""
