"""The weights of an ONNX file, without a library for ONNX."""

from __future__ import annotations

from typing import Final

import numpy as np

from edge_runtime.arrays import Array
from edge_runtime.backends.ort.protobuf import VARINT, Field, fields

_GRAPH, _INITIALIZER = 7, 5
"""Fields of onnx.proto: of a model, and of a graph."""
_DIMS, _DATA_TYPE, _NAME, _RAW_DATA = 1, 2, 8, 9
"""Fields of a tensor."""
_FLOAT: Final = 1


def read_weights(data: bytes) -> dict[str, Array]:
    """Return name → initialiser, float32, of the main graph of an ONNX file.

    Raises:
        ValueError: it is no ONNX file, or an initialiser is of another kind.
    """
    weights: dict[str, Array] = {}
    for graph in _of(data, 0, len(data), _GRAPH):
        for tensor in _of(data, graph.content, graph.end, _INITIALIZER):
            name, weight = _read(data, tensor)
            weights[name] = weight
    return weights


def _of(data: bytes, start: int, end: int, number: int) -> list[Field]:
    return [each for each in fields(data, start, end) if each.number == number]


def _read(data: bytes, tensor: Field) -> tuple[str, Array]:
    parts = list(fields(data, tensor.content, tensor.end))
    texts = {each.number: data[each.content : each.end] for each in parts}
    name = texts.get(_NAME, b"").decode()
    if [each.value for each in parts if each.number == _DATA_TYPE] != [_FLOAT] or _RAW_DATA not in texts:
        raise ValueError(f"the weight {name!r} is not stored as float32 in place")
    dims = [each.value for each in parts if each.number == _DIMS and each.kind == VARINT]
    return name, np.frombuffer(texts[_RAW_DATA], "<f4").reshape(dims)
