"""A graph file and its weights, written with one tensor in memory at a time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
import onnx_ir as ir

from edge_export.graph_spec import LOGITS
from edge_export.graphs.cuda_operators import cuda_operators
from edge_export.graphs.parameters import parameter
from edge_export.graphs.trace import trace
from edge_export.quantize.quantization import Quantization

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import BinaryIO

    from edge_export.checkpoint.config import ModelConfig
    from edge_export.checkpoint.weights import Weights
    from edge_export.graph_spec import GraphSpec
    from edge_runtime.arrays import Array

_ALIGNMENT: Final = 4096
"""Weights start on pages, so that back ends can map them."""


def write_graph(
    spec: GraphSpec,
    config: ModelConfig,
    weights: Weights,
    directory: Path,
    quantization: Quantization | None = None,
) -> None:
    """Trace a graph and write it with its weights: `NAME.onnx` and `NAME.onnx.data`.

    Args:
        spec: the graph's signature.
        config: geometry.
        weights: of the checkpoint.
        directory: folder to write to.
        quantization: how to store its matrices; by default unquantised.

    Raises:
        GraphError: a `cuda` graph would not run wholly on the GPU.
    """
    traced, resolved = trace(spec, config), quantization or Quantization()
    stored = resolved.apply(traced.model, spec)
    if spec.lowering == "cuda":
        cuda_operators().require(traced.model)
    initializers = {
        name: each for graph in traced.model.graphs() for name, each in graph.initializers.items()
    }
    with (directory / spec.data_name).open("wb") as stream:
        for name in traced.parameters:
            value = parameter(traced.module, name, weights, config).numpy()
            for parts, data in resolved.tensors(name, value, stored):
                values = [initializers[part] for part in parts]
                _append(values, data, stream, spec.data_name)
    _save(traced.model, directory / spec.file_name)


def write_parity_graph(spec: GraphSpec, directory: Path) -> Path:
    """Write a graph again with its logits as one more output, over the same weight file."""
    model = ir.load(directory / spec.file_name)
    logits = next(value for node in model.graph for value in node.outputs if value.name == LOGITS)
    vocab_rows = spec.outputs[1].shape
    logits.type = ir.TensorType(ir.DataType.FLOAT)
    logits.shape = ir.Shape((*vocab_rows, "vocabulary"))
    model.graph.outputs.append(logits)
    path = directory / spec.parity_name
    _save(model, path)
    return path


def _append(initializers: Sequence[ir.Value], data: Array, stream: BinaryIO, location: str) -> None:
    """Write one tensor to the end of the data file and point the graph's initializers at it."""
    stream.write(bytes(-stream.tell() % _ALIGNMENT))
    offset = stream.tell()
    for initializer in initializers:
        data = _point(initializer, data, location, offset)
    # As bytes: the buffer protocol has no bfloat16. Not ndarray.tofile, which hides why a write fell short.
    stream.write(np.ascontiguousarray(data).reshape(-1).view(np.uint8).data)


def _point(initializer: ir.Value, data: Array, location: str, offset: int) -> Array:
    """Point an initializer at its place in the data file; return the tensor in the initializer's type."""
    dtype, shape = initializer.dtype, initializer.shape
    assert dtype is not None, f"traced without a type: {initializer.name}"
    assert shape is not None, f"traced without a shape: {initializer.name}"
    if dtype.is_floating_point():
        data = data.astype(dtype.numpy(), copy=False)
    # Four-bit codes come packed, without the shape of their matrix.
    fits = data.nbytes == math.ceil(math.prod(shape.numpy()) * dtype.itemsize)
    assert fits, f"{initializer.name} does not fit the graph"
    initializer.const_value = ir.ExternalTensor(
        location, offset, data.nbytes, dtype, shape=ir.Shape(shape), name=str(initializer.name)
    )
    return data


def _save(model: ir.Model, path: Path) -> None:
    path.write_bytes(ir.to_proto(model).SerializeToString(deterministic=True))
