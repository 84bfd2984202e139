"""Dynamic quantization of activations, row by row, to eight bits: no calibration.

A row is divided by its own largest value, so its codes depend on no other row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import onnx_ir as ir

from edge_export.quantize.rewrite.node_chain import CONTRIB, NodeChain

GELU_MINIMUM: Final = 0.17
"""No value of GELU is below minus this: its minimum is -0.16997, at -0.7518."""
_TRANSPARENT_OPS: Final = frozenset({"Reshape", "Transpose"})
"""Operators that keep the range of their input."""
_RESIDUAL_STEPS: Final = 254
"""Codes of the residual per code of the row; a residual is at most half a code of the row."""


@dataclass(frozen=True, slots=True)
class CodeRange:
    """How codes of a row map to values; codes are unsigned, as processors multiply them.

    Attributes:
        zero: code of 0.
        span: number of codes above it; the largest value of a row gets the last.
        min_peak: lower bound of that value.
        is_positive: whether the peak is the largest value, not the largest magnitude.
    """

    zero: int
    span: int
    min_peak: float
    is_positive: bool


SIGNED: Final = CodeRange(128, 127, 1e-12, is_positive=False)
"""Any values; `min_peak` avoids a division by zero in a row of zeros."""
AFTER_GELU: Final = CodeRange(32, 223, GELU_MINIMUM * 223 / 32, is_positive=True)
"""Outputs of GELU: few codes below zero suffice for its minimum; steps are little more than half."""


def code_range(x: ir.Value) -> CodeRange:
    """Return the range for activations, by the operator that computes them."""
    source = x.producer()
    while source is not None and source.op_type in _TRANSPARENT_OPS:
        first_input = source.inputs[0]
        source = None if first_input is None else first_input.producer()
    return AFTER_GELU if source is not None and source.op_type == "Gelu" else SIGNED


class RowProduct:
    """Nodes that multiply rows of activations with a matrix of codes.

    y = codes(x / peak × span) W × peak / span, peak the largest value of a row. At sixteen bits the
    rounding residual is coded and multiplied too, in the same call, so that the matrix is read once.
    """

    def __init__(self, chain: NodeChain, codes: ir.Value, scales: ir.Value) -> None:
        """Prepare the constants.

        Args:
            chain: receives the nodes.
            codes: of the matrix (K, N), signed.
            scales: one per output (N,).
        """
        self._chain: Final = chain
        self._matrix: Final = (codes, scales)

    def multiply_int8(self, x: ir.Value, values: CodeRange) -> None:
        """Multiply rows (…, K) in one set of codes."""
        steps, peak = self._steps(x, values)
        codes = self._codes(steps, values.zero)
        self._chain.add("Mul", self._product(codes, values), peak)

    def multiply_int16(self, x: ir.Value) -> None:
        """Multiply rows (B, S, K) in codes and codes of their residuals: fifteen bits and a sign."""
        steps, peak = self._steps(x, SIGNED)
        codes = self._codes(steps, SIGNED.zero)
        residual = residual_codes(
            self._chain, steps, codes, self._chain.constant("one", 1.0), residual_step(self._chain)
        )
        sums = sum_halves(self._chain, self._product(concat_columns(self._chain, codes, residual), SIGNED))
        self._chain.add("Mul", sums, peak)

    def _steps(self, x: ir.Value, values: CodeRange) -> tuple[ir.Value, ir.Value]:
        """Return rows in steps of their codes, and the peaks (…, 1)."""
        chain = self._chain
        last = chain.constant("last_axis", np.array([-1], np.int64))
        magnitudes = x if values.is_positive else chain.add("Abs", x)
        largest = chain.add("ReduceMax", magnitudes, last, attributes=[ir.AttrInt64("keepdims", 1)])
        peak = chain.add("Max", largest, chain.constant(f"least_of_{values.span}", values.min_peak))
        rate = chain.add("Div", chain.constant(f"span_{values.span}", float(values.span)), peak)
        return chain.add("Mul", x, rate), peak

    def _codes(self, steps: ir.Value, zero: int) -> ir.Value:
        one = self._chain.constant("one", 1.0)
        return quantize_linear(self._chain, steps, one, code(self._chain, zero))

    def _product(self, codes: ir.Value, values: CodeRange) -> ir.Value:
        matrix, scales = self._matrix
        step = self._chain.constant(f"step_{values.span}", 1 / values.span)
        zero = code(self._chain, values.zero)
        return self._chain.add("MatMulIntegerToFloat", codes, matrix, step, scales, zero, domain=CONTRIB)


def code(chain: NodeChain, value: int) -> ir.Value:
    """Return a code as a constant."""
    return chain.constant(f"code_{value}", np.uint8(value))


def quantize_linear(chain: NodeChain, x: ir.Value, step: ir.Value, zero: ir.Value) -> ir.Value:
    """Return x in codes; ONNX Runtime 1.23 has no kernel of the standard operator for opset 23."""
    return chain.add("QuantizeLinear", x, step, zero, domain=CONTRIB)


def residual_codes(
    chain: NodeChain, x: ir.Value, codes: ir.Value, step: ir.Value, residual_scale: ir.Value
) -> ir.Value:
    """Return the residual of x after `SIGNED` codes, in codes of finer steps."""
    zero = code(chain, SIGNED.zero)
    residual = chain.add("Sub", x, chain.add("DequantizeLinear", codes, step, zero, domain=CONTRIB))
    return quantize_linear(chain, residual, residual_scale, zero)


def concat_columns(chain: NodeChain, codes: ir.Value, residual: ir.Value) -> ir.Value:
    """Concatenate codes (A, B, …) and those of the residual along axis 1, for one product."""
    return chain.add("Concat", codes, residual, attributes=[ir.AttrInt64("axis", 1)])


def sum_halves(chain: NodeChain, products: ir.Value) -> ir.Value:
    """Add the two halves of a product with `concat_columns`."""
    halves = [ir.AttrInt64("axis", 1), ir.AttrInt64("num_outputs", 2)]
    large, small = chain.append(ir.Node("", "Split", [products], halves, num_outputs=2))
    return chain.add("Add", large, chain.add("Mul", small, residual_step(chain)))


def residual_step(chain: NodeChain) -> ir.Value:
    """Return the step of the residual, relative to that of the codes."""
    return chain.constant("finer_step", 1 / _RESIDUAL_STEPS)
