"""The tied table of tokens, stored for the gather of embeddings and for the head.

A step of the head is one row, bound by reading the table. On a CPU it reads a copy at four bits, which only
selects a shortlist of tokens. Their rows are gathered from the table itself and multiplied in float, so the
exact table costs disk space and no time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import onnx_ir as ir

from edge_export.quantize.grid import Grid, Quantized
from edge_export.quantize.rewrite.block_kernels import (
    gather_block_quantized,
    matmul_nbits,
    packed_shape,
    replace_node,
    shape_of,
    store_as_codes,
)
from edge_export.quantize.rewrite.node_chain import NodeChain
from edge_export.quantize.rewrite.weight_only import StoredMatrix, new_initializer
from edge_export.quantize.rounding.methods import LeastSquares
from edge_export.quantize.scheme import BLOCKS, block_for

if TYPE_CHECKING:
    from edge_export.quantize.rewrite.weight_only import StoredMatrix
    from edge_runtime.arrays import Array

TABLE_USES: Final = frozenset({"Gather", "FusedMatMul"})
"""Operators that read a table: for embeddings, and for the head."""
SHORTLIST_SIZE: Final = 32
"""Tokens scored again. Four bits move a logit by a tenth of the spread of logits. With random weights, whose
best logits have the smallest margin, and 152,000 tokens of width 1024, the best two of 1,500 rows were among
the first 16."""
_SHORTLIST_BITS: Final = 4
_ALONG_TOKENS: Final = ir.AttrInt64("axis", -1)

_Rows = Callable[[NodeChain, ir.Value], ir.Value]
"""Adds nodes that gather rows (…, H), in float, by ids (…)."""


SHORTLIST_SUFFIX: Final = ".rough"
"""Suffix of the copy's name."""
_ROWS: Final = 8192
"""Rows at a time: the search for scales holds several float copies, 3 GB for the whole table of 0.6B."""


def store_table(graph: ir.Graph, table: ir.Value, grid: Grid, *, is_on_gpu: bool) -> dict[str, StoredMatrix]:
    """Store the table (V, H) as codes in blocks along H, and replace the nodes that read it.

    Args:
        graph: that reads it.
        table: the parameter.
        grid: of its codes.
        is_on_gpu: whether the head multiplies with all of it; a shortlist is not measured on GPUs.

    Returns:
        Name → how it is stored, for the table and its shortlist copy if there is one.
    """
    num_tokens, width = shape_of(table)
    blobs = packed_shape(num_tokens, width, grid)
    packed = (num_tokens, blobs[1] * blobs[2])
    stored = store_as_codes(graph, table, ir.DataType.UINT8, packed, blobs[:2], grid)
    scales = graph.initializers[stored.scales]

    def rows(chain: NodeChain, ids: ir.Value) -> ir.Value:
        return chain.append(gather_block_quantized(ids, table, scales, grid))[0]

    stored_matrices = {str(table.name): stored}

    def full_head(chain: NodeChain, hidden: ir.Value) -> ir.Value:
        # The same bytes in the shape that the product reads.
        view = new_initializer(graph, f"{table.name}.blobs", ir.DataType.UINT8, blobs)
        stored_matrices[str(table.name)] = replace(stored, view=str(view.name))
        return chain.append(matmul_nbits(hidden, view, scales, grid, (num_tokens, width)))[0]

    has_full_head = is_on_gpu or grid.bits == _SHORTLIST_BITS
    head = (
        full_head if has_full_head else _shortlist(graph, table, (num_tokens, width), rows, stored_matrices)
    )
    _rewrite(graph, table, rows, head)
    return stored_matrices


def store_half_table(graph: ir.Graph, table: ir.Value) -> dict[str, StoredMatrix]:
    """Store the table (V, H) in half precision, and replace the nodes that read it; returns as `store_table`.

    A table that no block divides has no copy and stays unchanged.
    """
    (num_tokens, width), float_type = shape_of(table), table.dtype
    assert float_type is not None, f"traced without a type: {table.name}"
    if block_for(width, BLOCKS[0]) is None:
        return {}
    table.type = ir.TensorType(ir.DataType.FLOAT16)

    def rows(chain: NodeChain, ids: ir.Value) -> ir.Value:
        gathered = chain.add("Gather", table, ids)
        return chain.add("Cast", gathered, attributes=[ir.AttrInt64("to", float_type)])

    stored_matrices: dict[str, StoredMatrix] = {}
    _rewrite(graph, table, rows, _shortlist(graph, table, (num_tokens, width), rows, stored_matrices))
    return stored_matrices


def _shortlist(
    graph: ir.Graph,
    table: ir.Value,
    shape: tuple[int, int],
    rows: _Rows,
    stored_matrices: dict[str, StoredMatrix],
) -> _Rows:
    """Return a writer of a head that reads a shortlist copy; adds the copy to `stored_matrices`."""
    block = block_for(shape[1], BLOCKS[0])
    assert block is not None, "a table that no block divides has no shortlist"
    grid = Grid(_SHORTLIST_BITS, 1, block)
    blobs = packed_shape(*shape, grid)

    def head(chain: NodeChain, hidden: ir.Value) -> ir.Value:
        copy = new_initializer(graph, f"{table.name}{SHORTLIST_SUFFIX}", ir.DataType.FLOAT, shape)
        stored_matrices[str(copy.name)] = store_as_codes(
            graph, copy, ir.DataType.UINT8, blobs, blobs[:2], grid
        )
        scales = graph.initializers[stored_matrices[str(copy.name)].scales]
        logits = chain.append(matmul_nbits(hidden, copy, scales, grid, shape))[0]
        count = chain.integers(min(SHORTLIST_SIZE, shape[0]))
        _, ids = chain.append(ir.Node("", "TopK", [logits, count], num_outputs=2))
        last = chain.constant("last_axis", np.array([-1], np.int64))
        column = chain.add("Unsqueeze", hidden, last)
        exact = chain.add("Squeeze", chain.add("MatMul", rows(chain, ids), column), last)
        logits = chain.add("ScatterElements", logits, ids, exact, attributes=[_ALONG_TOKENS])
        _rerank(graph, ids, exact)
        return logits

    return head


def _rerank(graph: ir.Graph, ids: ir.Value, exact: ir.Value) -> None:
    """Choose the best token among the rescored (…, C) instead of among all."""
    for node in [node for node in graph if node.op_type == "TopK"]:
        chain = NodeChain(graph, str(node.name))
        best, places = chain.append(ir.Node("", "TopK", [exact, node.inputs[1]], num_outputs=2))
        tokens = chain.add("GatherElements", ids, places, attributes=[_ALONG_TOKENS])
        for old, new in zip(node.outputs, (best, tokens), strict=True):
            new.type, new.shape = old.type, old.shape
            ir.convenience.replace_all_uses_with(old, new)
        graph.insert_before(node, chain.nodes)
        graph.remove(node, safe=True)


def _rewrite(graph: ir.Graph, table: ir.Value, rows: _Rows, head: _Rows) -> None:
    """Replace every gather from the table and every product with it, of hidden (B, N, H)."""
    for node in [node for node, _ in table.uses()]:
        chain = NodeChain(graph, f"{table.name}/{node.op_type}")
        is_gather = node.op_type == "Gather"
        read = node.inputs[1 if is_gather else 0]
        assert read is not None, f"{node.op_type} reads nothing"
        (rows if is_gather else head)(chain, read)
        replace_node(graph, node, chain.nodes)


def shortlist_table(name: str, table: Array, stored: StoredMatrix) -> Quantized:
    """Round a table (V, H) whose blocks lie along H.

    Args:
        name: of the copy.
        table: float32.
        stored: how the copy is stored.
    """
    pieces = [
        LeastSquares().quantize(name, table[start : start + _ROWS], stored.grid, stored.dtype)
        for start in range(0, len(table), _ROWS)
    ]
    codes = np.concatenate([piece.codes for piece in pieces])
    return Quantized(codes, np.concatenate([piece.scales for piece in pieces]), stored.grid)
