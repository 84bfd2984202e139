"""Which device a caller may ask for, and which a bundle was built for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

from edge_runtime.errors import BackendUnavailableError, UsageError
from edge_runtime.manifest import Target

Device = Literal["auto", "cpu", "cuda"]

_DEVICE_OF: Final[Mapping[Target, Device]] = {
    "ort-cpu": "cpu",
    "ort-cuda": "cuda",
    "tensorrt": "cuda",
    "tensorrt-rtx": "cuda",
}


def require_device(device: str, target: Target) -> None:
    """Refuse a device that the bundle was not built for; there is no silent fallback.

    Raises:
        UsageError: no such device.
        BackendUnavailableError: the bundle runs on another device.
    """
    if device not in get_args(Device):
        raise UsageError(f"Unknown device {device!r}; choose one of {', '.join(get_args(Device))}.")
    if device not in ("auto", _DEVICE_OF[target]):
        raise BackendUnavailableError(
            f"Device {device!r} was asked for, and this bundle targets {target!r}. "
            f"Use --device {_DEVICE_OF[target]}, or build a bundle for {device!r}."
        )
