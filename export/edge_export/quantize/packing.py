"""Codes as graphs store them: four bits two to a byte, blocks in the order of ONNX Runtime's kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from edge_export.quantize.grid import Quantized
    from edge_runtime.arrays import Array


def pack_matmul_nbits(quantized: Quantized) -> tuple[Array, Array]:
    """Return a matrix with blocks along its inputs as unsigned codes and scales, outputs first.

    Args:
        quantized: codes of shape (N, K), or (K, N) where the blocks run along axis 0.

    Returns:
        uint8 (N, K × bits / 8), the first of two 4-bit codes in the low half of a byte; scales (N, blocks).

    Source: `MatMulNBits` of ONNX Runtime; without zero points, the middle code stands for zero.
    """
    grid = quantized.grid
    inputs_last = grid.axis == quantized.codes.ndim - 1
    codes, scales = (
        part if inputs_last else np.ascontiguousarray(part.T) for part in (quantized.codes, quantized.scales)
    )
    unsigned: Array = (codes.astype(np.int16) + (1 << (grid.bits - 1))).astype(np.uint8)
    if grid.bits == 4:  # noqa: PLR2004 - two codes to a byte
        unsigned = unsigned[:, ::2] | (unsigned[:, 1::2] << 4)
    return unsigned, scales


def pack_int4(codes: Array) -> Array:
    """Pack int8 codes in [-8, 7] of any shape into bytes, uint8 (ceil(n / 2)).

    Source: INT4 of the ONNX specification: row-major, the first of two in the low half, an odd end padded
    with zero.
    """
    flat = codes.reshape(-1).view(np.uint8) & 0x0F
    if flat.size % 2:
        flat = np.append(flat, np.uint8(0))
    packed: Array = flat[0::2] | (flat[1::2] << 4)
    return packed
