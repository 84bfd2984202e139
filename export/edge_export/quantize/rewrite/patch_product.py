"""3 × 3 convolutions of stride 2 as matrix products over patches (im2col).

Feature maps are (H, W, C), so a patch is nine contiguous pieces of memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import onnx_ir as ir

from edge_export.quantize.rewrite.node_chain import CONTRIB
from edge_export.quantize.rewrite.row_codes import (
    AFTER_GELU,
    GELU_MINIMUM,
    SIGNED,
    code,
    concat_columns,
    quantize_linear,
    residual_codes,
    residual_step,
    sum_halves,
)

if TYPE_CHECKING:
    from edge_export.quantize.rewrite.node_chain import NodeChain

_END: Final = np.iinfo(np.int64).max
_ENDS: Final = (-2, -1, _END)
"""Where the first, second and third tap of the patches end in a padded row or column."""
_STRIDE: Final = 2


class PatchProduct:
    """Nodes that convolve the output of a GELU with a kernel of codes.

    The whole map has one scale, so values that neighbouring patches share are rounded once.
    """

    def __init__(self, chain: NodeChain, codes: ir.Value, scales: ir.Value) -> None:
        """Prepare the constants.

        Args:
            chain: receives the nodes.
            codes: of the kernel (9 C, O), signed, taps first.
            scales: one per output (O,).
        """
        self._chain: Final = chain
        self._kernel: Final = (codes, scales)

    def multiply_int8(self, x: ir.Value) -> ir.Value:
        """Code the map (H, W, C) once; return (⌈H/2⌉, ⌈W/2⌉, O)."""
        step = self._step(x, AFTER_GELU.min_peak, AFTER_GELU.span)
        return self._product(self._patches(x, step, AFTER_GELU.zero), step, AFTER_GELU.zero)

    def multiply_int16(self, x: ir.Value) -> ir.Value:
        """Code the map twice, as `RowProduct.fine` does."""
        chain = self._chain
        step = self._step(x, GELU_MINIMUM, SIGNED.span)
        zero = code(chain, SIGNED.zero)
        codes = quantize_linear(chain, x, step, zero)
        residual = residual_codes(chain, x, codes, step, chain.add("Mul", step, residual_step(chain)))
        columns = concat_columns(chain, patches(chain, codes, zero), patches(chain, residual, zero))
        return sum_halves(chain, self._product(columns, step, SIGNED.zero))

    def _step(self, x: ir.Value, min_peak: float, span: int) -> ir.Value:
        """Return the largest value / span, ()."""
        chain = self._chain
        by_pixel = chain.add("ReduceMax", x, chain.integers(-1))
        largest = chain.add("ReduceMax", by_pixel, attributes=[ir.AttrInt64("keepdims", 0)])
        peak = chain.add("Max", largest, chain.constant(f"least_of_map_{span}", min_peak))
        return chain.add("Mul", peak, chain.constant(f"step_{span}", 1 / span))

    def _patches(self, x: ir.Value, step: ir.Value, zero: int) -> ir.Value:
        zero_code = code(self._chain, zero)
        return patches(self._chain, quantize_linear(self._chain, x, step, zero_code), zero_code)

    def _product(self, rows: ir.Value, step: ir.Value, zero: int) -> ir.Value:
        kernel, scales = self._kernel
        zero_code = code(self._chain, zero)
        return self._chain.add("MatMulIntegerToFloat", rows, kernel, step, scales, zero_code, domain=CONTRIB)


def patches(chain: NodeChain, x: ir.Value, zero: ir.Value) -> ir.Value:
    """Return the 3 × 3 patches around every second pixel of a map (H, W, C): (⌈H/2⌉, ⌈W/2⌉, 9 C).

    Args:
        chain: receives the nodes.
        x: the map, of any type.
        zero: padding value, ().
    """
    padded = chain.add("Pad", x, chain.integers(1, 1, 0, 1, 1, 0), zero)
    taps = [_tap(chain, padded, row, column) for row in range(3) for column in range(3)]
    return chain.add("Concat", *taps, attributes=[ir.AttrInt64("axis", 2)])


def _tap(chain: NodeChain, padded: ir.Value, row: int, column: int) -> ir.Value:
    ends = chain.integers(_ENDS[row], _ENDS[column])
    steps = chain.integers(_STRIDE, _STRIDE)
    return chain.add("Slice", padded, chain.integers(row, column), ends, chain.integers(0, 1), steps)
