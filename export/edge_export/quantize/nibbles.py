"""Four-bit codes, two to a byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from edge_runtime.arrays import Array


def pack(codes: Array) -> Array:
    """Pack int8 codes in [-8, 7] of any shape into bytes, uint8 (ceil(n / 2)).

    Source: INT4 of the ONNX specification: row-major, the first of two in the low half, an odd end padded
    with zero.
    """
    flat = codes.reshape(-1).view(np.uint8) & 0x0F
    if flat.size % 2:
        flat = np.append(flat, np.uint8(0))
    packed: Array = flat[0::2] | (flat[1::2] << 4)
    return packed
