"""Nodes of ONNX Runtime's block kernels, and parameters stored as these read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import onnx_ir as ir

from edge_export.quantize.rewrite.node_chain import CONTRIB
from edge_export.quantize.rewrite.weight_only import StoredMatrix, new_initializer

if TYPE_CHECKING:
    from edge_export.quantize.grid import Grid

INT8_COMPUTE: Final = 4
"""`accuracy_level` of MatMulNBits that rounds its rows to int8 in the blocks of the matrix."""


def matmul_nbits(
    x: ir.Value | None, codes: ir.Value, scales: ir.Value, grid: Grid, shape: tuple[int, int]
) -> ir.Node:
    """Return x W^T for W of shape (N, K), its codes in blobs of `packed_shape`."""
    sizes = {"N": shape[0], "K": shape[1], "bits": grid.bits, "block_size": grid.block or 0}
    attributes = [
        ir.AttrInt64(key, value) for key, value in (sizes | {"accuracy_level": INT8_COMPUTE}).items()
    ]
    return ir.Node(CONTRIB, "MatMulNBits", [x, codes, scales], attributes)


def gather_block_quantized(ids: ir.Value | None, codes: ir.Value, scales: ir.Value, grid: Grid) -> ir.Node:
    """Return the rows of a table (V, H) with blocks along H."""
    sizes = {"gather_axis": 0, "quantize_axis": 1, "bits": grid.bits, "block_size": grid.block or 0}
    attributes = [ir.AttrInt64(key, value) for key, value in sizes.items()]
    return ir.Node(CONTRIB, "GatherBlockQuantized", [codes, ids, scales], attributes)


def packed_shape(outputs: int, inputs: int, grid: Grid) -> tuple[int, int, int]:
    """Return the shape of a matrix as `MatMulNBits` reads it: outputs, blocks, bytes of a block."""
    assert grid.block is not None, "a kernel of blocks"
    return outputs, inputs // grid.block, grid.block * grid.bits // 8


def store_as_codes(
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


def replace_node(graph: ir.Graph, node: ir.Node, chain: list[ir.Node]) -> None:
    """Put a chain of nodes in a node's place."""
    old, new = node.outputs[0], chain[-1].outputs[0]
    new.name, new.type, new.shape = old.name, old.type, old.shape
    ir.convenience.replace_all_uses_with(old, new, replace_graph_outputs=True)
    graph.insert_before(node, chain)
    graph.remove(node, safe=True)


def shape_of(parameter: ir.Value) -> tuple[int, ...]:
    """Return the shape of a parameter."""
    assert parameter.shape is not None, f"traced without a shape: {parameter.name}"
    return tuple(int(size) for size in parameter.shape.numpy())
