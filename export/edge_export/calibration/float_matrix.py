"""A matrix of a float graph: its value, and how a plan would store it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import onnx_ir as ir

from edge_export.quantize.rewrite.weight_only import axes_of, grid_for, matrices

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edge_export.quantize.grid import Grid
    from edge_export.quantize.scheme import QuantizationPlan
    from edge_runtime.arrays import Array


@dataclass(frozen=True, slots=True)
class FloatMatrix:
    """One matrix.

    Attributes:
        name: of the graph parameter.
        component: whose graph it is in.
        axes: of its outputs and inputs; see `axes_of`.
        tensor: its value, in the graph's data file.
    """

    name: str
    component: str
    axes: tuple[int, int | None]
    tensor: ir.TensorProtocol

    def value(self) -> Array:
        """Read the matrix, float32."""
        return self.tensor.numpy().astype(np.float32, copy=False)

    def grid(self, plan: QuantizationPlan) -> Grid | None:
        """Return the grid that a plan stores it on, None where it stays float."""
        scheme = plan.scheme(self.component, self.name)
        return grid_for(scheme, self.axes, tuple(int(size) for size in self.tensor.shape.numpy()))


def float_matrices(path: Path, component: str) -> Iterator[FloatMatrix]:
    """Yield every matrix of a float graph, in the order of the graph; values are read lazily."""
    for node, parameter in matrices(ir.load(path).graph):
        tensor = parameter.const_value
        assert tensor is not None, f"written without a value: {parameter.name}"
        yield FloatMatrix(str(parameter.name), component, axes_of(node, parameter), tensor)
