"""Memory bandwidth and arithmetic throughput of devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """A device's ceilings, dense (without structured sparsity).

    Attributes:
        bandwidth_gb_s: memory reads, in 10^9 bytes a second.
        fp16_tflops: matrix products in half precision, in 10^12 operations a second.
        int8_tops: the same in 8-bit integers.
    """

    bandwidth_gb_s: float
    fp16_tflops: float
    int8_tops: float


GPUS: Final[Mapping[str, DeviceSpec]] = {
    "orin-nano": DeviceSpec(68, 10, 20),
    "orin-nano-super": DeviceSpec(102, 17, 33),
    "orin-nx": DeviceSpec(102, 15, 30),
    "agx-orin": DeviceSpec(205, 42, 85),
    "thor": DeviceSpec(273, 250, 500),
    "rtx-4090": DeviceSpec(1008, 165, 330),
    "h200": DeviceSpec(4800, 989, 1979),
}
"""Source: NVIDIA's data sheets, sparse figures halved; Orin NX without its DLA; Thor's from sparse FP4."""
