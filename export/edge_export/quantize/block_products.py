"""Matrices of an `ort` graph in short blocks, whose input is rounded block by block too.

For those that lose too much with one scale a row and one an output (`edge_export.quantize.contrib`): errors
are a third less, half where rows have rare large values, and products take about as long as float32 ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import onnx_ir as ir

from edge_export.quantize.static import is_linear
from edge_export.quantize.weight_only import StoredMatrix, axes_of, grid_for, matrices, new_initializer

if TYPE_CHECKING:
    from edge_export.quantize.quantised import Grid
    from edge_export.quantize.scheme import QuantisationPlan

_INT8_COMPUTE: Final = 4
"""`accuracy_level` of MatMulNBits: activations at eight bits, block by block. With float ones the kernel of
eight-bit weights takes several times as long as a float product."""


def insert_block_products(model: ir.Model, component: str, plan: QuantisationPlan) -> dict[str, StoredMatrix]:
    """Replace the products that a plan wants in blocks, before all others are replaced.

    A matrix that no block divides is left to the others.

    Returns:
        Parameter name → how it is stored.
    """
    graph = model.graph
    stored: dict[str, StoredMatrix] = {}
    for node, parameter in list(matrices(graph)):
        name = str(parameter.name)
        scheme = plan.scheme(component, name)
        if scheme.weights == "int8" and scheme.scales == "block" and is_linear(node, parameter):
            assert parameter.shape is not None, f"traced without a shape: {name}"
            num_inputs, num_outputs = (int(size) for size in parameter.shape.numpy())
            grid = grid_for(scheme, axes_of(node, parameter), (num_inputs, num_outputs))
            if grid is not None and grid.block is not None:
                stored[name] = _replace(graph, node, parameter, (num_inputs, num_outputs), grid)
    return stored


def _replace(
    graph: ir.Graph, node: ir.Node, parameter: ir.Value, shape: tuple[int, int], grid: Grid
) -> StoredMatrix:
    """Write x W, W (K, N), with a kernel that reads W^T in blocks along K."""
    name, float_type = str(parameter.name), parameter.dtype
    assert float_type is not None, f"traced without a type: {name}"
    assert grid.block is not None, "block products come in blocks"
    (num_inputs, num_outputs), block = shape, grid.block
    scales = new_initializer(graph, f"{name}.scales", float_type, (num_outputs, num_inputs // block))
    # New objects: a copy of the graph shares the old ones.
    parameter.type = ir.TensorType(ir.DataType.UINT8)
    parameter.shape = ir.Shape((num_outputs, num_inputs // block, block))
    sizes = {"K": num_inputs, "N": num_outputs, "bits": 8, "block_size": block}
    sizes["accuracy_level"] = _INT8_COMPUTE
    attributes = [ir.AttrInt64(key, value) for key, value in sizes.items()]
    product = ir.Node("com.microsoft", "MatMulNBits", [node.inputs[0], parameter, scales], attributes)
    old, new = node.outputs[0], product.outputs[0]
    new.name, new.type, new.shape = old.name, old.type, old.shape
    ir.convenience.replace_all_uses_with(old, new, replace_graph_outputs=True)
    graph.insert_before(node, product)
    graph.remove(node, safe=True)
    return StoredMatrix(grid, str(scales.name), float_type.numpy(), in_blobs=True)
