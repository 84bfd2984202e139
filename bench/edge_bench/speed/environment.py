"""Machine, system and libraries of a measurement."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

from edge_runtime.doctor.processor import cpu_model, instructions

_CPUINFO: Final = Path("/proc/cpuinfo")
_ORT_PACKAGES: Final = ("onnxruntime", "onnxruntime-gpu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The machine of a measurement.

    Attributes:
        cpu: its model's name, or the architecture where the system names no model.
        instructions: instruction sets of the processor that decide the speed of matrix products.
        num_cores: logical cores that this process may use.
        memory_bytes: of the machine.
        system: name of the distribution.
        kernel: its name, version and architecture.
        python: version.
        onnxruntime: version, None where it is not installed.
    """

    cpu: str
    instructions: tuple[str, ...] = ()
    num_cores: int
    memory_bytes: int
    system: str
    kernel: str
    python: str
    onnxruntime: str | None

    def lines(self) -> tuple[str, ...]:
        """Return the machine, its instructions and its software, one line each."""
        return (
            f"{self.cpu}, {self.num_cores} cores used, {self.memory_bytes / 1e9:.0f} GB",
            f"instructions: {' '.join(self.instructions) or 'not known'}",
            f"{self.system}, {self.kernel}, Python {self.python}, onnxruntime {self.onnxruntime or 'none'}",
        )


def read_environment() -> Environment:
    """Describe this machine."""
    names = platform.uname()
    return Environment(
        cpu=cpu_model(_text(_CPUINFO)) or names.machine,
        instructions=instructions(_text(_CPUINFO)),
        num_cores=_num_cores(),
        memory_bytes=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        system=_distribution(names.system),
        kernel=f"{names.system} {names.release} {names.machine}",
        python=platform.python_version(),
        onnxruntime=next(filter(None, map(package_version, _ORT_PACKAGES)), None),
    )


def package_version(name: str) -> str | None:
    """Return the version of an installed package, None where it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _num_cores() -> int:
    # A container or taskset may allow fewer cores than the machine has; macOS has no such call.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _distribution(fallback: str) -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return fallback


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
