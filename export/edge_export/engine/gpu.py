"""The GPU of this machine, asked of the CUDA runtime."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from edge_runtime.backends.cuda.runtime import CudaDevice
from edge_runtime.errors import BackendUnavailableError


def find_gpu(device_id: int = 0) -> CudaDevice:
    """Describe the GPU of this machine.

    Raises:
        BackendUnavailableError: there is no GPU, no driver, or nothing to ask it with.
    """
    try:
        cudart = import_module("cuda.bindings.runtime")
    except ImportError as error:
        raise BackendUnavailableError(
            "Building for the GPU of this machine needs the Python package 'cuda-bindings', which is not "
            "installed. Install it with `pip install cuda-bindings`, of this machine's major version of CUDA."
        ) from error
    properties = _check(cudart, cudart.cudaGetDeviceProperties(device_id))
    version = _check(cudart, cudart.cudaDriverGetVersion())
    return CudaDevice(
        name=properties.name.decode().rstrip("\0"),
        compute_capability=f"{properties.major}.{properties.minor}",
        memory=int(properties.totalGlobalMem),
        driver=f"{version // 1000}.{version % 1000 // 10}",
    )


def _check(cudart: Any, result: tuple[Any, ...]) -> Any:
    """Return the value of a call of the CUDA runtime."""
    status = result[0]
    if status == cudart.cudaError_t.cudaSuccess:
        return result[1]
    raise BackendUnavailableError(
        f"There is no usable NVIDIA driver or GPU here (cudaError {int(status)}, {status.name}). "
        f"`nvidia-smi` shows what the driver sees; engines for other machines: --target tensorrt-rtx."
    )
