"""A decoder with matrices of four and of eight bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from edge_export.calibration.gptq_plan import run_gptq
from edge_export.quantize.activation_scales import Calibration
from edge_export.quantize.plans import quantization_plan
from edge_export.quantize.rounding.stored import StoredRounding

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from edge_export.calibration.observed_graphs import ObservedGraphs
    from edge_export.calibration.recordings import Recording
    from edge_export.quantize.grid import Quantized
    from edge_export.quantize.scheme import QuantizationPlan
    from edge_export.tuning.search.forced import Divergence, TeacherForcedSpeech
    from edge_export.tuning.search.patched import PatchedDecoder

Bits = Literal[4, 8]

DECODER: Final = "decoder"
PLANS: Final[Mapping[Bits, QuantizationPlan]] = {
    4: quantization_plan({DECODER: "int4"}),
    8: quantization_plan({DECODER: "int8"}),
}
_FLOAT32: Final = np.dtype(np.float32)


class MixedPrecisionDecoder:
    """Every matrix of a decoder rounded both ways, and the network's error for any choice between them."""

    def __init__(self, graphs: ObservedGraphs, decoder: PatchedDecoder, speech: TeacherForcedSpeech) -> None:
        """Store the graphs; `round` rounds the matrices.

        Args:
            graphs: float graphs that observe all matrices of `PLANS[4]`.
            decoder: the one to measure; float at first.
            speech: to measure on.
        """
        self.names: Final = tuple(name for name in graphs.matrices if self._is_mixed(graphs, name))
        self._graphs: Final = graphs
        self._decoder: Final = decoder
        self._speech: Final = speech
        self._rounded: Final[dict[Bits, StoredRounding]] = {}
        self._current_bits: Final[dict[str, Bits]] = {}

    @staticmethod
    def _is_mixed(graphs: ObservedGraphs, name: str) -> bool:
        grid = graphs.matrices[name].grid(PLANS[4])
        return grid is not None and grid.bits == 4  # noqa: PLR2004 - as in the key

    def round(self, recordings: Sequence[Recording], directory: Path) -> None:
        """Round every matrix to four and to eight bits, with the codes in two folders."""
        for bits in PLANS:
            (directory / str(bits)).mkdir()
            self._rounded[bits] = StoredRounding(directory / str(bits))
        targets = [(plan, self._rounded[bits]) for bits, plan in PLANS.items()]
        run_gptq(self._graphs, recordings, Calibration(), targets, lambda _: _FLOAT32)

    def measure(self, int8_names: Collection[str]) -> Divergence:
        """Return the network's error if these matrices have eight bits and the others four."""
        for name in self.names:
            bits: Bits = 8 if name in int8_names else 4
            if self._current_bits.get(name) != bits:
                self._decoder.write(name, self.stored(name, bits).dequantize())
                self._current_bits[name] = bits
        return self._speech.measure(self._decoder.open())

    def stored(self, name: str, bits: Bits) -> Quantized:
        """Return a matrix in codes."""
        matrix = self._graphs.matrices[name]
        grid = matrix.grid(PLANS[bits])
        assert grid is not None, f"{name} is in no codes of {bits} bits"
        return self._rounded[bits].quantize(name, matrix.value(), grid, _FLOAT32)

    def size(self, name: str, bits: Bits) -> int:
        """Return the bytes of a matrix's codes and scales."""
        matrix = self._graphs.matrices[name]
        grid = matrix.grid(PLANS[bits])
        assert grid is not None, f"{name} is in no codes of {bits} bits"
        shape = tuple(int(size) for size in matrix.tensor.shape.numpy())
        scales = int(np.prod(grid.scale_shape(shape)))
        return int(np.prod(shape)) * bits // 8 + scales * _FLOAT32.itemsize

    def added(self, names: Collection[str]) -> int:
        """Return the bytes that eight bits add to some matrices."""
        return sum(self.size(name, 8) - self.size(name, 4) for name in names)
