"""NVML: power of NVIDIA's GPUs for servers and desktops, through the package `nvidia-ml-py`."""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar, Final, Literal

from edge_bench.speed.machine.meters.meter import Search

SOURCE: Final = "NVML"
_MODULE: Final = "pynvml"


class Nvml:
    """One GPU."""

    kind: ClassVar[Literal["counter", "gauge"]] = "gauge"
    wraps_at: ClassVar[float | None] = None

    def __init__(self, library: Any, index: int) -> None:
        self._library: Final = library
        self._handle: Final = library.nvmlDeviceGetHandleByIndex(index)
        self.name: Final = f"{SOURCE} GPU {index}"

    def read(self) -> float:
        """Return the watts now."""
        try:
            return float(self._library.nvmlDeviceGetPowerUsage(self._handle)) / 1e3
        except self._library.NVMLError as error:
            raise OSError(str(error)) from error

    def close(self) -> None:
        """Do nothing: the library ends with the process."""


def find_nvml(library: Any = None) -> Search:
    """Find the GPUs; `library` is a module in place of `pynvml`."""
    try:
        module = library or import_module(_MODULE)
    except ModuleNotFoundError:
        return Search((), ((SOURCE, "the Python package 'nvidia-ml-py' is not installed"),))
    try:
        module.nvmlInit()
        meters = tuple(Nvml(module, index) for index in range(module.nvmlDeviceGetCount()))
        for meter in meters:
            meter.read()
    except (module.NVMLError, OSError) as error:
        return Search((), ((SOURCE, str(error)),))
    return Search(meters, () if meters else ((SOURCE, "there is no GPU"),))
