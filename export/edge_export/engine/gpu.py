"""The GPU of this machine, described by the CUDA runtime."""

from __future__ import annotations

from edge_runtime.backends.cuda.cudart import load_cuda
from edge_runtime.backends.cuda.runtime import CudaDevice
from edge_runtime.errors import BackendUnavailableError


def find_gpu(device_id: int = 0) -> CudaDevice:
    """Describe the GPU of this machine.

    Raises:
        BackendUnavailableError: there is no GPU, no driver, or no CUDA runtime.
    """
    try:
        return load_cuda().describe(device_id)
    except BackendUnavailableError as error:
        raise BackendUnavailableError(
            f"{error} Engines for other machines: --target tensorrt-rtx."
        ) from error
