"""Whether this machine is a Jetson, whose driver and CUDA come with JetPack and are not updated by pip."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

_RELEASE: Final = "etc/nv_tegra_release"
"""File of the board support package, absent from most containers."""
_MODEL: Final = "proc/device-tree/model"
"""Name of the board in the device tree, as `NVIDIA Jetson Orin Nano Developer Kit`; containers see it too."""


def is_jetson(root: Path = Path("/")) -> bool:
    """Tell whether the machine with this file tree is a Jetson."""
    if (root / _RELEASE).exists():
        return True
    with suppress(OSError):
        return b"jetson" in (root / _MODEL).read_bytes().lower()
    return False
