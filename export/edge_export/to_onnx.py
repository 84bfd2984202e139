"""A graph file and its weights, written with one tensor in memory at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import onnx_ir as ir
import torch

from edge_export.graphs import LOGITS
from edge_export.parameters import parameter
from edge_export.trace import trace

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from edge_export.config import ModelConfig
    from edge_export.graphs import GraphSpec
    from edge_export.trace import Traced
    from edge_export.weights import Weights

_ALIGNMENT: Final = 4096
"""Weights start on pages, so that back ends can map them."""


def write_graph(spec: GraphSpec, config: ModelConfig, weights: Weights, directory: Path) -> None:
    """Trace a graph and write it with its weights: `NAME.onnx` and `NAME.onnx.data`."""
    traced = trace(spec, config)
    with (directory / spec.data_name).open("wb") as stream:
        for name in traced.parameters:
            _append(traced, name, weights, config, stream, spec.data_name)
    _save(traced.model, directory / spec.file_name)


def write_parity_graph(spec: GraphSpec, directory: Path) -> Path:
    """Write a graph again with its logits as one more output, over the very same weight file."""
    model = ir.load(directory / spec.file_name)
    logits = next(value for node in model.graph for value in node.outputs if value.name == LOGITS)
    vocab_rows = spec.outputs[1].shape
    logits.type = ir.TensorType(ir.DataType.FLOAT)
    logits.shape = ir.Shape((*vocab_rows, "vocabulary"))
    model.graph.outputs.append(logits)
    path = directory / spec.parity_name
    _save(model, path)
    return path


def _append(
    traced: Traced, name: str, weights: Weights, config: ModelConfig, stream: BinaryIO, location: str
) -> None:
    """Write one parameter to the end of the data file and point the graph's initializer at it."""
    stream.write(bytes(-stream.tell() % _ALIGNMENT))
    offset = stream.tell()
    initializer = traced.model.graph.initializers[name]
    assert initializer.shape is not None, f"traced without a shape: {name}"
    assert initializer.dtype is not None, f"traced without a dtype: {name}"
    dtype = traced.module.get_parameter(name).dtype
    value = parameter(traced.module, name, weights, config).to(dtype)
    assert tuple(initializer.shape.numpy()) == value.shape, f"{name} does not fit the graph"
    # As bytes, since numpy has no bfloat16; and not ndarray.tofile, which hides why a write fell short.
    stream.write(value.flatten().view(torch.uint8).numpy().data)
    initializer.const_value = ir.ExternalTensor(
        location, offset, value.nbytes, initializer.dtype, shape=initializer.shape, name=name
    )


def _save(model: ir.Model, path: Path) -> None:
    path.write_bytes(ir.to_proto(model).SerializeToString(deterministic=True))
