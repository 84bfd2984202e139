"""Rows of activations as codes of eight bits, rounded when they come: nothing is calibrated.

A row is divided by its own largest value, so what it becomes depends on no other row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import onnx_ir as ir

from edge_export.quantize.weight_only import new_initializer

_CONTRIB: Final = "com.microsoft"
_GELU_MINIMUM: Final = 0.17
"""No value of GELU is below minus this: its minimum is -0.16997, at -0.7518."""
_PASSED_ON: Final = frozenset({"Reshape", "Transpose"})
"""Operators that keep the range of what goes through."""
_FINER: Final = 254
"""Codes of a rest, which is at most half a code away from zero, per code of the row."""


@dataclass(frozen=True, slots=True)
class CodeRange:
    """Which values the unsigned codes of a row stand for; unsigned, as processors multiply them.

    Attributes:
        zero: code of 0.
        span: codes above it; the largest value of a row gets the last.
        least: what that value counts for at least.
        is_positive: whether the largest value is sought, not the largest magnitude.
    """

    zero: int
    span: int
    least: float
    is_positive: bool


SIGNED: Final = CodeRange(128, 127, 1e-12, is_positive=False)
"""Any values; the least keeps a row of zeros from dividing by zero."""
AFTER_GELU: Final = CodeRange(32, 223, _GELU_MINIMUM * 223 / 32, is_positive=True)
"""Few codes below zero, enough for the minimum of GELU whatever the row: steps of little more than half."""


def code_range(x: ir.Value) -> CodeRange:
    """Return the range for activations, from the operator that gives them."""
    source = x.producer()
    while source is not None and source.op_type in _PASSED_ON:
        given = source.inputs[0]
        source = None if given is None else given.producer()
    return AFTER_GELU if source is not None and source.op_type == "Gelu" else SIGNED


class RowProduct:
    """Nodes that multiply rows of activations with a matrix of codes, in order.

    y = codes(x / peak × span) W × peak / span, peak the largest value of a row; with a fine row, what
    rounding took away is coded and multiplied too, in the same call, so that the matrix is read once.
    """

    def __init__(self, graph: ir.Graph, name: str, codes: ir.Value, scales: ir.Value) -> None:
        """Start.

        Args:
            graph: that gets the constants.
            name: of the matrix, in front of the names of the nodes.
            codes: of the matrix (K, N), signed.
            scales: one per output (N,).
        """
        self.nodes: Final[list[ir.Node]] = []
        self._graph: Final = graph
        self._name: Final = name
        self._matrix: Final = (codes, scales)

    def coarse(self, x: ir.Value, values: CodeRange) -> None:
        """Code rows (…, K) once."""
        steps, peak = self._steps(x, values)
        codes = self._codes(steps, values.zero)
        self._add("Mul", self._product(codes, values), peak)

    def fine(self, x: ir.Value) -> None:
        """Code rows (B, S, K) twice, the second time what is left of the first: fifteen bits and a sign."""
        steps, peak = self._steps(x, SIGNED)
        codes = self._codes(steps, SIGNED.zero)
        one, zero = self._constant("one", 1.0), self._constant(f"code_{SIGNED.zero}", np.uint8(SIGNED.zero))
        rounded = self._add("DequantizeLinear", codes, one, zero)
        rest = self._add("Sub", steps, rounded)
        finer = self._constant("finer_step", 1 / _FINER)
        rest_codes = self._add("QuantizeLinear", rest, finer, zero)
        both = self._add("Concat", codes, rest_codes, attributes=[ir.AttrInt64("axis", 1)])
        products = self._product(both, SIGNED)
        halves = [ir.AttrInt64("axis", 1), ir.AttrInt64("num_outputs", 2)]
        split = ir.Node("", "Split", [products], halves, num_outputs=2)
        self._append(split)
        small = self._add("Mul", split.outputs[1], finer)
        self._add("Mul", self._add("Add", split.outputs[0], small), peak)

    def _steps(self, x: ir.Value, values: CodeRange) -> tuple[ir.Value, ir.Value]:
        """Return rows in steps of their codes, and the peaks (…, 1)."""
        last = self._constant("last_axis", np.array([-1], np.int64))
        sought = x if values.is_positive else self._add("Abs", x)
        largest = self._add("ReduceMax", sought, last, attributes=[ir.AttrInt64("keepdims", 1)])
        peak = self._add("Max", largest, self._constant(f"least_of_{values.span}", values.least))
        rate = self._add("Div", self._constant(f"span_{values.span}", float(values.span)), peak)
        return self._add("Mul", x, rate), peak

    def _codes(self, steps: ir.Value, zero: int) -> ir.Value:
        one, middle = self._constant("one", 1.0), self._constant(f"code_{zero}", np.uint8(zero))
        return self._add("QuantizeLinear", steps, one, middle)

    def _product(self, codes: ir.Value, values: CodeRange) -> ir.Value:
        matrix, scales = self._matrix
        step = self._constant(f"step_{values.span}", 1 / values.span)
        zero = self._constant(f"code_{values.zero}", np.uint8(values.zero))
        return self._add("MatMulIntegerToFloat", codes, matrix, step, scales, zero, domain=_CONTRIB)

    def _add(
        self, operator: str, *inputs: ir.Value, attributes: list[ir.Attr] | None = None, domain: str = ""
    ) -> ir.Value:
        node = ir.Node(domain, operator, inputs, attributes or [])
        self._append(node)
        return node.outputs[0]

    def _append(self, node: ir.Node) -> None:
        for index, output in enumerate(node.outputs):
            output.name = f"{self._name}/{len(self.nodes)}.{node.op_type}.{index}"
        self.nodes.append(node)

    def _constant(
        self, name: str, value: float | np.uint8 | np.ndarray[tuple[int, ...], np.dtype[np.int64]]
    ) -> ir.Value:
        """Return a constant of this name, float32 unless the value says otherwise."""
        if name not in self._graph.initializers:
            array = np.asarray(value, np.float32 if isinstance(value, float) else None)
            tensor = ir.tensor(array, name=name)
            added = new_initializer(self._graph, name, tensor.dtype, tuple(array.shape))
            added.const_value = tensor
        return self._graph.initializers[name]
