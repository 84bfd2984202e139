"""A plan with calibration and rounding, applied to one graph and then to its values one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from edge_export.quantize.activation_scales import Calibration
from edge_export.quantize.packing import pack_int4, pack_matmul_nbits
from edge_export.quantize.rewrite.ort_kernels import insert_kernels
from edge_export.quantize.rewrite.static import insert_quantizers
from edge_export.quantize.rewrite.token_table import SHORTLIST_SUFFIX, shortlist_table
from edge_export.quantize.rewrite.weight_only import insert_dequantizers
from edge_export.quantize.rounding.methods import LeastSquares, Rounding
from edge_export.quantize.scheme import QuantizationPlan

if TYPE_CHECKING:
    from collections.abc import Iterator

    import onnx_ir

    from edge_export.graph_spec import GraphSpec
    from edge_export.quantize.grid import Quantized
    from edge_export.quantize.rewrite.weight_only import StoredMatrix
    from edge_runtime.arrays import Array


@dataclass(frozen=True, slots=True)
class Quantization:
    """How graphs are quantised; the default plan quantises nothing.

    Attributes:
        plan: how each matrix is stored.
        calibration: ranges of activations and smoothing; empty for a plan without either.
        rounding: how codes are chosen.
    """

    plan: QuantizationPlan = field(default_factory=QuantizationPlan)
    calibration: Calibration = field(default_factory=Calibration)
    rounding: Rounding = field(default_factory=LeastSquares)

    def apply(self, model: onnx_ir.Model, spec: GraphSpec) -> dict[str, StoredMatrix]:
        """Change a traced graph; return parameter name → how it is stored."""
        component = spec.name
        if spec.lowering in ("ort", "cuda"):
            return insert_kernels(model, component, self.plan, in_blocks=spec.lowering == "cuda")
        insert_quantizers(model, component, self.plan, self.calibration.ranges)
        return insert_dequantizers(model, component, self.plan)

    def quantize(self, name: str, value: Array, stored: StoredMatrix) -> Quantized:
        """Round one smoothed matrix to the grid it has in the graph."""
        smoothed = self.calibration.smoothed(name, value)
        return self.rounding.quantize(name, smoothed, stored.grid, stored.dtype)

    def tensors(
        self, name: str, value: Array, stored: Mapping[str, StoredMatrix]
    ) -> Iterator[tuple[tuple[str, ...], Array]]:
        """Yield the initializers that replace one parameter: all names of each, and its array.

        Args:
            name: of the parameter.
            value: float32.
            stored: what `apply` returned for the graph.
        """
        if name not in stored:
            yield (name,), self.calibration.smoothed(name, value)
        else:
            storage = stored[name]
            codes, scales = _WRITERS[storage.layout](self.quantize(name, value, storage))
            yield (name, storage.view) if storage.view else (name,), codes
            yield (storage.scales,), scales
        copy = f"{name}{SHORTLIST_SUFFIX}"
        if copy in stored:
            codes, scales = pack_matmul_nbits(shortlist_table(copy, value, stored[copy]))
            yield (copy,), codes
            yield (stored[copy].scales,), scales


def _plain(quantized: Quantized) -> tuple[Array, Array]:
    """Return codes and scales as `DequantizeLinear` reads them."""
    codes = pack_int4(quantized.codes) if quantized.grid.bits == 4 else quantized.codes  # noqa: PLR2004
    return codes, quantized.scales


def _taps(quantized: Quantized) -> tuple[Array, Array]:
    """Return the codes of a kernel (O, C, 3, 3) as a matrix (9 C, O), and its scales."""
    codes = quantized.codes.transpose(2, 3, 1, 0).reshape(-1, len(quantized.codes))
    return np.ascontiguousarray(codes), quantized.scales


_WRITERS: Final[Mapping[str, Callable[[Quantized], tuple[Array, Array]]]] = {
    "plain": _plain,
    "blobs": pack_matmul_nbits,
    "taps": _taps,
}
