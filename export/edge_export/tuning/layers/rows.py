"""How a graph rounds the rows that a matrix is multiplied with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import onnx_ir as ir

from edge_export.calibration.report import round_rows
from edge_export.quantize.rewrite.block_kernels import INT8_COMPUTE
from edge_export.quantize.rewrite.row_codes import AFTER_GELU

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from edge_export.quantize.activation_scales import Calibration
    from edge_export.quantize.rewrite.weight_only import StoredMatrix
    from edge_runtime.arrays import Array

RowCodes = Literal["float", "row", "gelu", "fine", "block", "calibrated", "map", "fine map"]
"""Float; eight or sixteen bits with one scale per row, for any values or for outputs of GELU; eight bits with
one scale per block of a row; eight bits in a calibrated range; eight or sixteen bits with one scale per map
that a convolution reads, which is a second of audio."""

_CODES: Final = 127.0
_MIN_PEAK: Final = 1e-12
_ZERO_POINT: Final = 4
"""Index of the zero point of rows among the inputs of MatMulIntegerToFloat."""
_INT16_STEPS: Final = 254
"""Steps of the residual of eight bits, which is at most half a code."""
_CONCATENATED: Final[Mapping[str, RowCodes]] = {"Slice": "map", "Concat": "fine map"}
"""Origin of concatenated codes: taps make patches, patches of codes and residuals make both; else rows."""
_FLOAT32: Final = np.dtype(np.float32)

_LABELS: Final = {
    "row": "int8 by row",
    "gelu": "int8 by row",
    "fine": "int16 by row",
    "calibrated": "int8 calibrated",
    "map": "int8 by second",
    "fine map": "int16 by second",
}


@dataclass(frozen=True, slots=True)
class Rows:
    """How the input of one matrix is stored.

    Attributes:
        codes: see `RowCodes`.
        block: length of a block of a row.
        dtype: of rows that stay float.
    """

    codes: RowCodes
    block: int | None = None
    dtype: np.dtype[Any] = _FLOAT32

    def as_computed(self, name: str, rows: Array, calibration: Calibration) -> Array:
        """Return rows (any, num_inputs) as they are multiplied with the matrix, float32."""
        assert not self.codes.endswith("map"), "what a convolution reads is not recorded as rows"
        smooth = rows / calibration.smoothing[name] if name in calibration.smoothing else rows
        if self.codes == "calibrated":
            return round_rows(smooth, calibration.ranges[name])
        if self.codes == "float":
            stored: Array = smooth.astype(self.dtype).astype(np.float32)
            return stored
        if self.codes == "gelu":
            return _rounded_behind_gelu(smooth)
        steps = _INT16_STEPS if self.codes == "fine" else 1
        return _rounded(smooth, self.block or smooth.shape[1], steps)

    def described(self) -> str:
        """Return the label in a table."""
        if self.codes == "float":
            return str(self.dtype)
        return _LABELS.get(self.codes, f"int8 by {self.block}")


def rows_of(
    graph: ir.Graph, stored: Mapping[str, StoredMatrix], calibrated: Collection[str], dtype: np.dtype[Any]
) -> dict[str, Rows]:
    """Return matrix name → how its kernel rounds rows.

    Args:
        graph: with the matrices already stored.
        stored: how; see `Quantization.apply`.
        calibrated: names of the matrices whose input has a calibrated range.
        dtype: of the graph's products.
    """
    rows_by_name = {
        name: Rows("calibrated" if name in calibrated else "float", dtype=dtype) for name in stored
    }
    owners = {name: name for name in stored} | {
        matrix.view: name for name, matrix in stored.items() if matrix.view
    }
    for node in ir.traversal.RecursiveGraphIterator(graph):
        name = next((owners[str(v.name)] for v in node.inputs if v and str(v.name) in owners), None)
        if name is None:
            continue
        if node.op_type == "MatMulIntegerToFloat":
            rows_by_name[name] = Rows(_row_codes(node))
        elif _makes_blocks(node):
            rows_by_name[name] = Rows("block", _attribute(node, "block_size"))
    return rows_by_name


def _makes_blocks(node: ir.Node) -> bool:
    """Return whether a product rounds its rows block by block.

    ONNX Runtime does so if the product is the only reader of a `DequantizeLinear` with blocks.
    """
    if node.op_type == "MatMulNBits":
        return _attribute(node, "accuracy_level") == INT8_COMPUTE
    uses = list(node.outputs[0].uses())
    is_alone = len(uses) == 1 and uses[0].node.op_type == "MatMul"
    return is_alone and node.op_type == "DequantizeLinear" and "block_size" in node.attributes


def _row_codes(node: ir.Node) -> RowCodes:
    """Return how an integer product gets its row codes; see `edge_export.quantize.rewrite.row_codes`."""
    codes, zero = node.inputs[0], node.inputs[_ZERO_POINT]
    source = None if codes is None else codes.producer()
    if source is not None and source.op_type == "Concat":
        return _CONCATENATED.get(_first_source(source), "fine")
    stored = None if zero is None else zero.const_value
    assert stored is not None, "codes of rows have a constant zero point"
    return "gelu" if int(stored.numpy()) == AFTER_GELU.zero else "row"


def _first_source(node: ir.Node) -> str:
    """Return the operator that computes a node's first input."""
    source = None if node.inputs[0] is None else node.inputs[0].producer()
    return "" if source is None else source.op_type


def _attribute(node: ir.Node, name: str) -> int:
    return node.attributes[name].as_int()


def _rounded_behind_gelu(rows: Array) -> Array:
    scales = np.maximum(rows.max(axis=1, keepdims=True), AFTER_GELU.min_peak) / AFTER_GELU.span
    codes = np.clip(np.rint(rows / scales), -AFTER_GELU.zero, AFTER_GELU.span)
    dequantized: Array = (codes * scales).astype(np.float32)
    return dequantized


def _rounded(rows: Array, block: int, steps: int) -> Array:
    blocks = rows.reshape(len(rows), -1, block)
    scales = (np.abs(blocks).max(axis=2, keepdims=True) + _MIN_PEAK) / (_CODES * steps)
    codes: Array = np.rint(blocks / scales) * scales
    return codes.reshape(rows.shape)
