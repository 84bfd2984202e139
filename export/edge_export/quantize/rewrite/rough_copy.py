"""A table of tokens at four bits, beside the table itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from edge_export.quantize.grid import Quantised
from edge_export.quantize.rounding.methods import LeastSquares

if TYPE_CHECKING:
    from edge_export.quantize.rewrite.weight_only import StoredMatrix
    from edge_runtime.arrays import Array

ROUGH: Final = ".rough"
"""What the name of a copy has after the parameter's."""
_ROWS: Final = 8192
"""At a time: the search for scales holds several float copies, 3 GB of the whole table of the 0.6B shapes."""


def rough_copy(name: str, table: Array, how: StoredMatrix) -> Quantised:
    """Round a table (V, H) whose blocks lie along H.

    Args:
        name: of the copy.
        table: float32.
        how: the copy is stored.
    """
    pieces = [
        LeastSquares().quantise(name, table[start : start + _ROWS], how.grid, how.dtype)
        for start in range(0, len(table), _ROWS)
    ]
    codes = np.concatenate([piece.codes for piece in pieces])
    return Quantised(codes, np.concatenate([piece.scales for piece in pieces]), how.grid)
