"""A graph of half precision in float32 over the same weight file, to measure what half precision costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import onnx
import onnx_ir as ir

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

_SPLITTERS: Final[Mapping[ir.DataType, float]] = {
    ir.DataType.FLOAT16: 2.0**13 + 1,
    ir.DataType.BFLOAT16: 2.0**16 + 1,
}
"""Type → factor of Veltkamp's splitting, which rounds float32 to the significand of the type.

Source: T. J. Dekker, A floating-point technique for extending the available precision, 1971.
"""
_WIDE: Final = ir.DataType.FLOAT


def write_float32_graph(source: Path, target: Path, *, rounds: bool) -> None:
    """Write a graph again with all values in float32; codes, scales and weights keep their stored values.

    ONNX Runtime drops pairs of casts and so computes half precision in float32 on CPUs, with roundings that
    differ by processor.

    Args:
        source: the graph.
        target: in the same folder, since both name the weight file relative to their own.
        rounds: whether every result is rounded to the type it has in the graph.
    """
    assert target.parent == source.parent, "both graphs name the weight file relative to their own folder"
    proto = onnx.load(source, load_external_data=False)
    # The types of inner values are not stored.
    model = ir.from_proto(onnx.shape_inference.infer_shapes(proto))
    graph = model.graph
    halves = {
        value: _SPLITTERS[value.dtype]
        for node in graph
        for value in node.outputs
        if value.dtype is not None and value.dtype in _SPLITTERS
    }
    for initializer in list(graph.initializers.values()):
        if initializer.dtype in _SPLITTERS:
            _cast(graph, initializer)
    for node in list(graph):
        _widen_attributes(node)
        for value in node.outputs:
            if value in halves and rounds:
                _round(graph, node, value, halves[value])
    _set_types((*graph.inputs, *halves))
    target.write_bytes(ir.to_proto(model).SerializeToString(deterministic=True))


def _set_types(values: Collection[ir.Value]) -> None:
    for value in values:
        if value.dtype in _SPLITTERS:
            value.type = ir.TensorType(_WIDE)


def _cast(graph: ir.Graph, initializer: ir.Value) -> None:
    """Let all uses of a stored tensor read it in float32."""
    wide = ir.Value(name=f"{initializer.name}.float32", type=ir.TensorType(_WIDE), shape=initializer.shape)
    users = {user for user, _ in initializer.uses()}
    first = next(node for node in graph if node in users)
    ir.convenience.replace_all_uses_with(initializer, wide)
    graph.insert_before(
        first, ir.Node("", "Cast", [initializer], [ir.AttrInt64("to", _WIDE)], outputs=[wide])
    )


def _round(graph: ir.Graph, node: ir.Node, value: ir.Value, splitter: float) -> None:
    """Put the rounding of a value between its node and all who read it."""
    name, is_output = str(value.name), value.is_graph_output()
    factor = ir.Node("", "Constant", [], [ir.AttrTensor("value", ir.tensor(np.float32(splitter)))])
    scaled = ir.Node("", "Mul", [value, factor.outputs[0]])
    rest = ir.Node("", "Sub", [scaled.outputs[0], value])
    rounded = ir.Node("", "Sub", [scaled.outputs[0], rest.outputs[0]])
    result = rounded.outputs[0]
    ir.convenience.replace_all_uses_with(value, result, replace_graph_outputs=is_output)
    scaled.replace_input_with(0, value)
    rest.replace_input_with(1, value)
    result.type, result.shape = ir.TensorType(_WIDE), value.shape
    value.name, result.name = f"{name}.exact", name
    graph.insert_after(node, [factor, scaled, rest, rounded])


def _widen_attributes(node: ir.Node) -> None:
    to = node.attributes.get("to")
    if to is not None and node.op_type == "Cast" and ir.DataType(to.as_int()) in _SPLITTERS:
        node.attributes["to"] = ir.AttrInt64("to", _WIDE)
    value = node.attributes.get("value")
    if value is not None and value.type == ir.AttributeType.TENSOR and value.as_tensor().dtype in _SPLITTERS:
        tensor = ir.tensor(value.as_tensor().numpy().astype(np.float32))
        node.attributes["value"] = ir.AttrTensor("value", tensor)
