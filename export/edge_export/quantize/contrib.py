"""Matrices of an `ort` graph: stored as ONNX Runtime's own kernels read them, and products on their codes.

Activations are rounded row by row when they come (`row_codes`), so nothing is calibrated, and what a row
becomes depends on no other row: a batch, or several tokens checked at once, give what each gives alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import onnx_ir as ir

from edge_export.quantize.conv_stem import insert_conv_stem
from edge_export.quantize.node_chain import CONTRIB, NodeChain
from edge_export.quantize.quantised import Grid
from edge_export.quantize.row_codes import RowProduct, code_range
from edge_export.quantize.scheme import block_for
from edge_export.quantize.weight_only import (
    StoredMatrix,
    axes_of,
    grid_for,
    matrices,
    new_initializer,
)

if TYPE_CHECKING:
    from edge_export.quantize.scheme import QuantisationPlan, Scheme

_TABLE_USES: Final = frozenset({"Gather", "FusedMatMul"})
_INT8_COMPUTE: Final = 4
"""`accuracy_level` of MatMulNBits: activations at eight bits, block by block."""


def insert_kernels(
    model: ir.Model, component: str, plan: QuantisationPlan, *, in_blocks: bool = False
) -> dict[str, StoredMatrix]:
    """Replace products with the matrices that a plan names, and gathers from the table.

    Args:
        model: a traced graph.
        component: its name in the plan.
        plan: which matrix is stored how.
        in_blocks: whether eight bits come in blocks too, as they must on a GPU, where no kernel multiplies
            integers with a scale per output; a matrix that no block divides stays float then.

    Returns:
        Parameter name → how it is stored.
    """
    graph = model.graph
    # On a GPU, convolutions stay float.
    stored = {} if in_blocks else insert_conv_stem(model, component, plan)
    for node, parameter in list(matrices(graph)):
        name = str(parameter.name)
        scheme = plan.scheme(component, name)
        grid = _grid(scheme, node, parameter, in_blocks=in_blocks)
        if grid is None or node.op_type == "Conv":
            continue
        if node.op_type in _TABLE_USES:
            stored[name] = _table(graph, parameter, grid)
        elif grid.block is not None:
            stored[name] = _blocks(graph, node, parameter, grid)
        else:
            stored[name] = _integers(graph, node, parameter, grid, is_fine=scheme.activations == "int16")
    return stored


def _grid(scheme: Scheme, node: ir.Node, parameter: ir.Value, *, in_blocks: bool) -> Grid | None:
    """Return the grid of a matrix; a table has blocks at eight bits too, for both its kernels want them."""
    shape, axes = _shape(parameter), axes_of(node, parameter)
    wants_blocks = in_blocks or node.op_type in _TABLE_USES
    if scheme.weights == "float" or axes[1] is None or not wants_blocks:
        return grid_for(scheme, axes, shape)
    block = block_for(shape[axes[1]], scheme.block)
    return None if block is None else Grid(4 if scheme.weights == "int4" else 8, axes[1], block)


def _integers(
    graph: ir.Graph, node: ir.Node, parameter: ir.Value, grid: Grid, *, is_fine: bool
) -> StoredMatrix:
    """Write x W with a kernel that multiplies codes of both."""
    name, (_, num_outputs) = str(parameter.name), _shape(parameter)
    stored = _as_codes(graph, parameter, ir.DataType.INT8, _shape(parameter), (num_outputs,), grid)
    x = node.inputs[0]
    assert x is not None, f"a product without a left factor: {name}"
    chain = NodeChain(graph, name)
    product = RowProduct(chain, parameter, graph.initializers[stored.scales])
    if is_fine:
        product.fine(x)
    else:
        product.coarse(x, code_range(x))
    _replace(graph, node, chain.nodes)
    return stored


def _blocks(graph: ir.Graph, node: ir.Node, parameter: ir.Value, grid: Grid) -> StoredMatrix:
    """Write x W, W (K, N), with a kernel that reads W^T in blocks along K."""
    inputs, outputs = _shape(parameter)
    assert grid.block is not None, "four bits come in blocks"
    blobs = (outputs, inputs // grid.block, grid.block * grid.bits // 8)
    stored = _as_codes(graph, parameter, ir.DataType.UINT8, blobs, blobs[:2], grid)
    product = _block_product(node, parameter, graph.initializers[stored.scales], grid, (outputs, inputs))
    _replace(graph, node, [product])
    return stored


def _table(graph: ir.Graph, parameter: ir.Value, grid: Grid) -> StoredMatrix:
    """Store the table (V, H) once, in blocks along H, for the gather of tokens and for the head."""
    name, (num_tokens, width) = str(parameter.name), _shape(parameter)
    assert grid.block is not None, "a table comes in blocks"
    uses = [node for node, _ in parameter.uses()]
    packed = (num_tokens, width * grid.bits // 8)
    blobs = (num_tokens, width // grid.block, grid.block * grid.bits // 8)
    stored = _as_codes(graph, parameter, ir.DataType.UINT8, packed, blobs[:2], grid)
    scales = graph.initializers[stored.scales]
    view = None
    for node in uses:
        if node.op_type == "Gather":
            _replace(graph, node, [_block_gather(node, parameter, scales, grid)])
        else:
            # The same bytes in the shape that the other kernel reads.
            view = new_initializer(graph, f"{name}.blobs", ir.DataType.UINT8, blobs)
            _replace(graph, node, [_block_product(node, view, scales, grid, (num_tokens, width))])
    view_name = None if view is None else str(view.name)
    return StoredMatrix(grid, stored.scales, stored.dtype, "blobs", view_name)


def _block_product(
    node: ir.Node, codes: ir.Value, scales: ir.Value, grid: Grid, shape: tuple[int, int]
) -> ir.Node:
    sizes = {"N": shape[0], "K": shape[1], "bits": grid.bits, "block_size": grid.block or 0}
    attributes = [
        ir.AttrInt64(key, value) for key, value in (sizes | {"accuracy_level": _INT8_COMPUTE}).items()
    ]
    return ir.Node(CONTRIB, "MatMulNBits", [node.inputs[0], codes, scales], attributes)


def _block_gather(node: ir.Node, codes: ir.Value, scales: ir.Value, grid: Grid) -> ir.Node:
    sizes = {"gather_axis": 0, "quantize_axis": 1, "bits": grid.bits, "block_size": grid.block or 0}
    attributes = [ir.AttrInt64(key, value) for key, value in sizes.items()]
    return ir.Node(CONTRIB, "GatherBlockQuantized", [codes, node.inputs[1], scales], attributes)


def _as_codes(
    graph: ir.Graph,
    parameter: ir.Value,
    dtype: ir.DataType,
    shape: tuple[int, ...],
    scales: tuple[int, ...],
    grid: Grid,
) -> StoredMatrix:
    """Turn a parameter into codes and add the initializer of its scales."""
    float_type = parameter.dtype
    assert float_type is not None, f"traced without a type: {parameter.name}"
    added = new_initializer(graph, f"{parameter.name}.scales", float_type, scales)
    # New objects: a copy of the graph shares the old ones.
    parameter.type, parameter.shape = ir.TensorType(dtype), ir.Shape(shape)
    return StoredMatrix(
        grid, str(added.name), float_type.numpy(), "blobs" if dtype == ir.DataType.UINT8 else "plain"
    )


def _replace(graph: ir.Graph, node: ir.Node, chain: list[ir.Node]) -> None:
    """Put a chain of nodes in a node's place."""
    old, new = node.outputs[0], chain[-1].outputs[0]
    new.name, new.type, new.shape = old.name, old.type, old.shape
    ir.convenience.replace_all_uses_with(old, new, replace_graph_outputs=True)
    graph.insert_before(node, chain)
    graph.remove(node, safe=True)


def _shape(parameter: ir.Value) -> tuple[int, ...]:
    assert parameter.shape is not None, f"traced without a shape: {parameter.name}"
    return tuple(int(size) for size in parameter.shape.numpy())
