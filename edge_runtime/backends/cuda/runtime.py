"""The few CUDA runtime calls that a GPU session makes, and what their failures mean.

Addresses, streams and graphs are integers: TensorRT takes integers, and with them a test can stand in for the
driver with host memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from edge_runtime.errors import (
    BackendUnavailableError,
    DeviceLostError,
    EdgeAsrError,
    GraphError,
    ResourceError,
)

_OUT_OF_MEMORY: Final = 2
_NO_DRIVER: Final = frozenset({3, 34, 35, 36, 46, 100, 101, 209, 803, 804})
"""No initialisation, stub library, driver too old, devices busy or absent, no kernel for the GPU."""
_LOST: Final = frozenset({214, 220, 700, 702, 709, 710, *range(714, 720), 999})
"""By the CUDA documentation these leave the process in an inconsistent state: no later call succeeds."""


@dataclass(frozen=True, slots=True)
class CudaDevice:
    """A GPU.

    Attributes:
        name: as the driver states it.
        compute_capability: as `8.7`.
        memory: bytes.
        driver: newest CUDA version that its driver supports, as `13.2`.
        multiprocessors: streaming multiprocessors; None where unknown.
    """

    name: str
    compute_capability: str
    memory: int
    driver: str
    multiprocessors: int | None = None


class Cuda(Protocol):
    """The CUDA runtime of one process. A call that fails raises the error that `cuda_error` returns."""

    def describe(self, device_id: int) -> CudaDevice:
        """Describe a device."""
        ...

    def set_device(self, device_id: int) -> None:
        """Make a device current for the calling thread."""
        ...

    def malloc(self, num_bytes: int) -> int:
        """Allocate device memory and return its address."""
        ...

    def free(self, address: int) -> None:
        """Free device memory."""
        ...

    def host_malloc(self, num_bytes: int) -> int:
        """Allocate pinned host memory and return its address."""
        ...

    def host_free(self, address: int) -> None:
        """Free pinned host memory."""
        ...

    def create_stream(self) -> int:
        """Return a stream that does not wait for the default stream."""
        ...

    def destroy_stream(self, stream: int) -> None:
        """Destroy a stream."""
        ...

    def synchronize(self, stream: int) -> None:
        """Wait for everything enqueued on a stream."""
        ...

    def copy(self, target: int, source: int, num_bytes: int, stream: int) -> None:
        """Enqueue a copy; source and target may each be on the host or on the device."""
        ...

    def copy_rows(
        self,
        target: int,
        target_pitch: int,
        source: int,
        source_pitch: int,
        width: int,
        height: int,
        stream: int,
    ) -> None:
        """Enqueue a copy of `height` rows of `width` bytes; each side's rows start a pitch apart."""
        ...

    def copy_blocks(
        self,
        target: int,
        target_pitch: int,
        target_spacing: int,
        source: int,
        width: int,
        height: int,
        depth: int,
        stream: int,
    ) -> None:
        """Enqueue a copy of `depth` blocks of `height` rows of `width` bytes, which are dense at the source.

        At the target, rows start a pitch apart, and blocks a spacing, which is a multiple of the pitch.
        """
        ...

    def fill(self, address: int, byte: int, num_bytes: int, stream: int) -> None:
        """Enqueue setting bytes to a value."""
        ...

    def begin_capture(self, stream: int) -> None:
        """Start to capture what this thread enqueues on a stream, instead of running it."""
        ...

    def end_capture(self, stream: int) -> int:
        """End the capture and return its graph."""
        ...

    def instantiate(self, graph: int) -> int:
        """Make a graph executable."""
        ...

    def destroy_graph(self, graph: int) -> None:
        """Destroy a captured graph; executables made of it stay."""
        ...

    def launch(self, executable: int, stream: int) -> None:
        """Enqueue an executable graph."""
        ...

    def destroy_executable(self, executable: int) -> None:
        """Destroy an executable graph."""
        ...


_DRIVER_HINT: Final = "Check `nvidia-smi`, update the driver, or use a bundle built with `--target ort-cpu`."


def cuda_error(call: str, code: int, name: str, text: str, driver_hint: str = _DRIVER_HINT) -> EdgeAsrError:
    """Return the error for a failed call.

    Args:
        call: name of the CUDA runtime function.
        code: value of `cudaError_t`, see
            https://docs.nvidia.com/cuda/cuda-runtime-api/group__CUDART__TYPES.html.
        name: the code's name.
        text: the code's description.
        driver_hint: what to do where the driver or the GPU cannot be used.
    """
    failure = f"{call} gave {name} ({code}: {text})"
    if code == _OUT_OF_MEMORY:
        return ResourceError(
            f"Out of GPU memory: {failure}. Free memory, or build with a smaller cache or profile."
        )
    if code in _NO_DRIVER:
        return BackendUnavailableError(f"No usable NVIDIA driver or GPU: {failure}. {driver_hint}")
    if code in _LOST:
        return DeviceLostError(f"The GPU stopped working for this process: {failure}. Restart the worker.")
    return GraphError(f"CUDA failed: {failure}. Check the bundle with `edge-asr verify`.")
