"""Which device a caller may request, which one a bundle was built for, and what runs on this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal, get_args

from edge_runtime.backends.registry import probe_target
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.manifest import Target
from edge_runtime.errors import BackendUnavailableError, EdgeAsrError, ResourceError, UsageError

Device = Literal["auto", "cpu", "cuda"]
Probe = Callable[[Target, SessionOptions], None]
"""Runs something tiny with a target's back end, or raises; see `probe_target`."""

_DEVICE_OF: Final[Mapping[Target, Device]] = {
    "ort-cpu": "cpu",
    "ort-cuda": "cuda",
    "tensorrt": "cuda",
    "tensorrt-rtx": "cuda",
}

_ALIASES: Final[Mapping[str, str]] = {"gpu": "cuda"}


def parse_device(device: str) -> tuple[Device, int]:
    """Return the kind of a device and its number: `cuda:1` is the second GPU, `cuda` the first.

    Case does not matter, and `gpu` is `cuda`.

    Raises:
        UsageError: no such device.
    """
    name, colon, number = device.strip().lower().partition(":")
    name = _ALIASES.get(name, name)
    for known in get_args(Device):
        if name == known and (not colon or (known == "cuda" and number.isascii() and number.isdecimal())):
            return known, int(number or 0)
    raise UsageError(
        f"Unknown device {device!r}; choose one of {', '.join(get_args(Device))} (cuda:1 is the second GPU)."
    )


def require_device(device: str, target: Target, probe: Probe = probe_target) -> int:
    """Refuse a device that the bundle is not for or that does not run here; there is no silent fallback.

    Args:
        device: the requested one, as of `parse_device`; "auto" means the bundle's, if a probe run succeeds on
            it. A named device is not probed: loading the bundle shows whether it works.
        target: what the bundle was built for.
        probe: runs something tiny with a target.

    Returns:
        The number of the accelerator, for `SessionOptions.device_id`.

    Raises:
        UsageError: no such device.
        BackendUnavailableError: the bundle runs on another device, or on one that this machine lacks.
        ResourceError: the machine has no memory left.
    """
    name, number = parse_device(device)
    if name not in ("auto", _DEVICE_OF[target]):
        raise BackendUnavailableError(
            f"Device {device!r} was asked for, and this bundle targets {target!r}. "
            f"Use --device {_DEVICE_OF[target]}, or build a bundle for {name!r}."
        )
    if name == "auto" and (reason := why_unusable(target, probe)):
        usable = [other for other in _DEVICE_OF if other != target and not why_unusable(other, probe)]
        raise BackendUnavailableError(
            f"This bundle targets {target!r}, which does not run here: {reason} "
            f"Bundles that would run here: {', '.join(usable) or 'none'}."
        )
    return number


def why_unusable(target: Target, probe: Probe = probe_target) -> str | None:
    """Return why a target does not run on this machine, or None where it does.

    Raises:
        ResourceError: the machine has no memory left, which says nothing of the target.
    """
    try:
        probe(target, SessionOptions())
    except EdgeAsrError as error:
        if isinstance(error, ResourceError) and _DEVICE_OF[target] == "cpu":
            raise
        return str(error)
    return None
