"""Memory of a GPU, as the CUDA runtime tells it."""

from __future__ import annotations

from edge_bench.speed.machine.sampler import DeviceMemory
from edge_runtime.backends.cuda.cudart import Cudart
from edge_runtime.backends.cuda.cudart_library import choose_library, library_paths
from edge_runtime.backends.cuda.jetson import is_jetson
from edge_runtime.bundle.manifest import Target
from edge_runtime.errors import EdgeAsrError


def device_memory(target: Target, device_id: int) -> DeviceMemory | None:
    """Return a function that reads how many bytes of a GPU are in use; None where nothing tells."""
    if target == "ort-cpu":
        return None
    try:
        cuda = Cudart(choose_library(library_paths()), jetson=is_jetson())
        total = cuda.describe(device_id).memory
    except EdgeAsrError:
        return None

    def in_use() -> int:
        cuda.set_device(device_id)  # of the thread that reads
        return total - cuda.free_memory()

    return in_use
