"""Devices in figures: how fast they read memory and multiply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Gpu:
    """A device's ceilings, dense (without structured sparsity).

    Attributes:
        bandwidth_gb_s: memory reads, in 10^9 bytes a second.
        fp16_tflops: matrix products in half precision, in 10^12 operations a second.
        int8_tops: the same in 8-bit integers.
    """

    bandwidth_gb_s: float
    fp16_tflops: float
    int8_tops: float


GPUS: Final[Mapping[str, Gpu]] = {
    "orin-nano": Gpu(68, 10, 20),
    "orin-nano-super": Gpu(102, 17, 33),
    "orin-nx": Gpu(102, 15, 30),
    "agx-orin": Gpu(205, 42, 85),
    "thor": Gpu(273, 250, 500),
    "rtx-4090": Gpu(1008, 165, 330),
    "h200": Gpu(4800, 989, 1979),
}
"""Source: NVIDIA's data sheets, sparse figures halved; Orin NX without its DLA; Thor's from sparse FP4."""
