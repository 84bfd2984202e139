"""Matrices of an `ort` graph: stored as ONNX Runtime's own kernels read them, and products on their codes.

Activations are rounded row by row at run time (`row_codes`), without calibration. The codes of a row depend
on no other row: a batch, or several tokens verified at once, give the results of single rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx_ir as ir

from edge_export.quantize.grid import Grid
from edge_export.quantize.rewrite.block_kernels import (
    matmul_nbits,
    packed_shape,
    replace_node,
    shape_of,
    store_as_codes,
)
from edge_export.quantize.rewrite.conv_stem import insert_conv_stem
from edge_export.quantize.rewrite.node_chain import CONTRIB, NodeChain
from edge_export.quantize.rewrite.row_codes import RowProduct, code_range
from edge_export.quantize.rewrite.token_table import TABLE_USES, store_half_table, store_table
from edge_export.quantize.rewrite.weight_only import axes_of, grid_for, matrices
from edge_export.quantize.scheme import block_for

if TYPE_CHECKING:
    from edge_export.quantize.rewrite.weight_only import StoredMatrix
    from edge_export.quantize.scheme import QuantizationPlan, Scheme


def insert_kernels(
    model: ir.Model, component: str, plan: QuantizationPlan, *, in_blocks: bool = False
) -> dict[str, StoredMatrix]:
    """Replace products with the matrices that a plan names, and gathers from the table.

    Args:
        model: a traced graph.
        component: its name in the plan.
        plan: how each matrix is stored.
        in_blocks: whether eight bits have blocks too: on a GPU no kernel multiplies integers with a scale per
            output. A matrix that no block divides then stays float.

    Returns:
        Parameter name → how it is stored.
    """
    graph = model.graph
    # On a GPU, convolutions stay float.
    stored = {} if in_blocks else insert_conv_stem(model, component, plan)
    for node, parameter in list(matrices(graph)):
        name = str(parameter.name)
        scheme = plan.scheme(component, name)
        if scheme.weights == "half" and node.op_type in TABLE_USES and not in_blocks:
            stored |= store_half_table(graph, parameter)
            continue
        grid = _grid(scheme, node, parameter, in_blocks=in_blocks)
        if grid is None or node.op_type == "Conv":
            continue
        if node.op_type in TABLE_USES:
            stored |= store_table(graph, parameter, grid, is_on_gpu=in_blocks)
        elif grid.block is not None:
            stored[name] = _blocks(graph, node, parameter, grid)
        else:
            stored[name] = _integers(graph, node, parameter, grid, is_int16=scheme.activations == "int16")
    if stored:
        # ONNX Runtime loads graphs without it; nothing else does.
        model.opset_imports[CONTRIB] = 1
    return stored


def _grid(scheme: Scheme, node: ir.Node, parameter: ir.Value, *, in_blocks: bool) -> Grid | None:
    """Return the grid of a matrix; a table has blocks at eight bits too, as both its kernels need."""
    shape, axes = shape_of(parameter), axes_of(node, parameter)
    wants_blocks = in_blocks or node.op_type in TABLE_USES
    if scheme.weights == "float" or axes[1] is None or not wants_blocks:
        return grid_for(scheme, axes, shape)
    block = block_for(shape[axes[1]], scheme.block)
    return None if block is None else Grid(4 if scheme.weights == "int4" else 8, axes[1], block)


def _integers(
    graph: ir.Graph, node: ir.Node, parameter: ir.Value, grid: Grid, *, is_int16: bool
) -> StoredMatrix:
    """Write x W with a kernel that multiplies codes of both."""
    name, (_, num_outputs) = str(parameter.name), shape_of(parameter)
    stored = store_as_codes(graph, parameter, ir.DataType.INT8, shape_of(parameter), (num_outputs,), grid)
    x = node.inputs[0]
    assert x is not None, f"a product without a left factor: {name}"
    chain = NodeChain(graph, name)
    product = RowProduct(chain, parameter, graph.initializers[stored.scales])
    if is_int16:
        product.multiply_int16(x)
    else:
        product.multiply_int8(x, code_range(x))
    replace_node(graph, node, chain.nodes)
    return stored


def _blocks(graph: ir.Graph, node: ir.Node, parameter: ir.Value, grid: Grid) -> StoredMatrix:
    """Write x W, W (K, N), with a kernel that reads W^T in blocks along K."""
    inputs, outputs = shape_of(parameter)
    blobs = packed_shape(outputs, inputs, grid)
    stored = store_as_codes(graph, parameter, ir.DataType.UINT8, blobs, blobs[:2], grid)
    scales = graph.initializers[stored.scales]
    replace_node(graph, node, [matmul_nbits(node.inputs[0], parameter, scales, grid, (outputs, inputs))])
    return stored
