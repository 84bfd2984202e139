"""Activations at eight bits: quantised and dequantised in front of the products that a plan names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx_ir as ir

from edge_export.quantize.rewrite.weight_only import axes_of, matrices

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edge_export.quantize.scheme import QuantizationPlan

_ZERO_POINT = "activation_zero_point"


def calibrated_inputs(
    graph: ir.Graph, component: str, plan: QuantizationPlan
) -> Iterator[tuple[ir.Node, str]]:
    """Yield every product whose input is to be quantised, with the name of its matrix."""
    for node, parameter in matrices(graph):
        name = str(parameter.name)
        if plan.scheme(component, name).activations == "int8" and is_linear(node, parameter):
            yield node, name


def is_linear(node: ir.Node, parameter: ir.Value) -> bool:
    """Return whether a node multiplies rows of activations; a table or a convolution does not."""
    return node.op_type == "MatMul" and axes_of(node, parameter) == (1, 0)


def insert_quantizers(
    model: ir.Model, component: str, plan: QuantizationPlan, ranges: Mapping[str, float]
) -> None:
    """Put `QuantizeLinear` and `DequantizeLinear` in front of products.

    Args:
        model: traced, with its matrices still in place.
        component: the graph's name.
        plan: which products.
        ranges: matrix name → magnitude that its input's largest code stands for.
    """
    graph = model.graph
    for node, name in list(calibrated_inputs(graph, component, plan)):
        activation = node.inputs[0]
        assert activation is not None, f"the product with {name} has no input"
        matrix = node.inputs[1]
        assert matrix is not None, f"the product with {name} has no matrix"
        assert matrix.dtype is not None, f"traced without a type: {name}"
        scale = _scalar(graph, f"{name}.input_scale", np.array(ranges[name] / 127, matrix.dtype.numpy()))
        zero = _scalar(graph, _ZERO_POINT, np.array(0, np.int8))
        quantize = ir.Node("", "QuantizeLinear", [activation, scale, zero])
        dequantize = ir.Node("", "DequantizeLinear", [quantize.outputs[0], scale, zero])
        quantize.outputs[0].name, dequantize.outputs[0].name = f"{name}.input_codes", f"{name}.input"
        node.replace_input_with(0, dequantize.outputs[0])
        graph.insert_before(node, [quantize, dequantize])


def _scalar(graph: ir.Graph, name: str, value: np.ndarray[tuple[()], np.dtype[np.generic]]) -> ir.Value:
    if name not in graph.initializers:
        tensor = ir.tensor(value, name=name)
        graph.initializers.add(
            ir.Value(
                name=name,
                type=ir.TensorType(tensor.dtype),
                shape=ir.Shape(tensor.shape.numpy()),
                const_value=tensor,
            )
        )
    return graph.initializers[name]
