"""`Cuda` over the machine's own libcudart, called through ctypes: no Python package of CUDA is needed."""

from __future__ import annotations

from ctypes import byref, c_int, c_size_t, c_void_p, create_string_buffer
from functools import cache
from typing import Final

from edge_runtime.backends.cuda.cudart_library import CudartLibrary, choose_library, library_paths
from edge_runtime.backends.cuda.jetson import is_jetson
from edge_runtime.backends.cuda.prototypes import Memcpy3D, PitchedPointer
from edge_runtime.backends.cuda.runtime import Cuda, CudaDevice, cuda_error

_HOST_ALLOC_DEFAULT: Final = 0
_STREAM_NON_BLOCKING: Final = 1
_ANY_TO_ANY: Final = 4
"""cudaMemcpyDefault: CUDA infers from the addresses which side is on the device."""
_CAPTURE_THREAD_LOCAL: Final = 1
"""The calls of this thread alone are captured: another thread may allocate during the capture."""
_MULTIPROCESSORS: Final = 16
_INTEGRATED: Final = 18
_CAPABILITY_MAJOR: Final = 75
_CAPABILITY_MINOR: Final = 76
_PROPERTIES_BYTES: Final = 4096
"""More than `cudaDeviceProp` has: 728 bytes in CUDA 11, 1032 in CUDA 12, 1008 in CUDA 13."""
_NAME_BYTES: Final = 256
_MEMORY_OFFSET: Final = 288
"""Of `totalGlobalMem` in `cudaDeviceProp`, after name, UUID and LUID; the same in CUDA 11, 12 and 13."""
_OUTDATED_DRIVER: Final = frozenset({35, 803, 804})


class Cudart:
    """The real CUDA runtime; see `edge_runtime.backends.cuda.runtime.Cuda` for each call."""

    def __init__(self, library: CudartLibrary, *, jetson: bool = False) -> None:
        """Call a library.

        Args:
            library: loaded.
            jetson: whether advice in errors is for a Jetson.
        """
        self._library: Final = library
        self._jetson: Final = jetson

    def describe(self, device_id: int) -> CudaDevice:
        """Describe a device."""
        # The struct's tail differs between versions; its head does not.
        properties = create_string_buffer(_PROPERTIES_BYTES)
        self._call("cudaGetDeviceProperties", properties, device_id)
        major = self._attribute(_CAPABILITY_MAJOR, device_id)
        minor = self._attribute(_CAPABILITY_MINOR, device_id)
        return CudaDevice(
            name=properties.raw[:_NAME_BYTES].split(b"\0", 1)[0].decode("utf-8", "replace"),
            compute_capability=f"{major}.{minor}",
            memory=c_size_t.from_buffer(properties, _MEMORY_OFFSET).value,
            driver=format_version(self._library.driver),
            multiprocessors=self._attribute(_MULTIPROCESSORS, device_id),
        )

    def is_integrated(self, device_id: int) -> bool:
        """Return whether a device shares the memory of the host."""
        return self._attribute(_INTEGRATED, device_id) == 1

    def free_memory(self) -> int:
        """Return the free bytes of the current device's memory."""
        free, total = c_size_t(), c_size_t()
        self._call("cudaMemGetInfo", byref(free), byref(total))
        return free.value

    def set_device(self, device_id: int) -> None:
        """Make a device current for the calling thread."""
        self._call("cudaSetDevice", device_id)

    def malloc(self, num_bytes: int) -> int:
        """Allocate device memory."""
        address = c_void_p()
        self._call("cudaMalloc", byref(address), num_bytes)
        return address.value or 0

    def free(self, address: int) -> None:
        """Free device memory."""
        self._call("cudaFree", address)

    def host_malloc(self, num_bytes: int) -> int:
        """Allocate pinned host memory."""
        address = c_void_p()
        self._call("cudaHostAlloc", byref(address), num_bytes, _HOST_ALLOC_DEFAULT)
        return address.value or 0

    def host_free(self, address: int) -> None:
        """Free pinned host memory."""
        self._call("cudaFreeHost", address)

    def create_stream(self) -> int:
        """Create a stream."""
        stream = c_void_p()
        self._call("cudaStreamCreateWithFlags", byref(stream), _STREAM_NON_BLOCKING)
        return stream.value or 0

    def destroy_stream(self, stream: int) -> None:
        """Destroy a stream."""
        self._call("cudaStreamDestroy", stream)

    def synchronize(self, stream: int) -> None:
        """Wait for a stream."""
        self._call("cudaStreamSynchronize", stream)

    def copy(self, target: int, source: int, num_bytes: int, stream: int) -> None:
        """Enqueue a copy."""
        self._call("cudaMemcpyAsync", target, source, num_bytes, _ANY_TO_ANY, stream)

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
        """Enqueue a copy of rows of equal length."""
        pitched = (target, target_pitch, source, source_pitch, width, height)
        self._call("cudaMemcpy2DAsync", *pitched, _ANY_TO_ANY, stream)

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
        """Enqueue a copy of blocks of rows of equal length."""
        parameters = Memcpy3D(
            source=PitchedPointer(source, width, width, height),
            target=PitchedPointer(target, target_pitch, width, target_spacing // target_pitch),
            extent=(width, height, depth),
            kind=_ANY_TO_ANY,
        )
        self._call("cudaMemcpy3DAsync", byref(parameters), stream)

    def fill(self, address: int, byte: int, num_bytes: int, stream: int) -> None:
        """Enqueue setting bytes."""
        self._call("cudaMemsetAsync", address, byte, num_bytes, stream)

    def begin_capture(self, stream: int) -> None:
        """Start to capture a stream."""
        self._call("cudaStreamBeginCapture", stream, _CAPTURE_THREAD_LOCAL)

    def end_capture(self, stream: int) -> int:
        """Return the captured graph."""
        graph = c_void_p()
        self._call("cudaStreamEndCapture", stream, byref(graph))
        return graph.value or 0

    def instantiate(self, graph: int) -> int:
        """Make a graph executable."""
        executable = c_void_p()
        self._call("cudaGraphInstantiateWithFlags", byref(executable), graph, 0)
        return executable.value or 0

    def destroy_graph(self, graph: int) -> None:
        """Destroy a captured graph."""
        self._call("cudaGraphDestroy", graph)

    def launch(self, executable: int, stream: int) -> None:
        """Enqueue an executable graph."""
        self._call("cudaGraphLaunch", executable, stream)

    def destroy_executable(self, executable: int) -> None:
        """Destroy an executable graph."""
        self._call("cudaGraphExecDestroy", executable)

    def _attribute(self, attribute: int, device_id: int) -> int:
        value = c_int()
        self._call("cudaDeviceGetAttribute", byref(value), attribute, device_id)
        return value.value

    def _call(self, function: str, *arguments: object) -> None:
        """Call a function, and raise the error that its code means."""
        functions = self._library.functions
        code = getattr(functions, function)(*arguments)
        if code:
            # CUDA keeps a failure for the next caller that looks; TensorRT must not take it for its own.
            functions.cudaGetLastError()
            name, text = functions.cudaGetErrorName(code), functions.cudaGetErrorString(code)
            hint = driver_hint(self._library, code, jetson=self._jetson)
            raise cuda_error(function, code, name.decode(), text.decode(), hint)


@cache
def load_cuda() -> Cuda:
    """Return the CUDA runtime of this machine.

    Raises:
        BackendUnavailableError: there is no libcudart.
    """
    return Cudart(choose_library(library_paths()), jetson=is_jetson())


def driver_hint(library: CudartLibrary, code: int, *, jetson: bool) -> str:
    """Return what to do on this kind of machine where driver or GPU cannot be used."""
    runtime, driver = format_version(library.runtime), format_version(library.driver)
    versions = ""
    if code in _OUTDATED_DRIVER:
        supported = (
            f"the driver supports CUDA {driver}" if library.driver else "no NVIDIA driver is installed"
        )
        versions = f"The CUDA runtime is {runtime} ({library.path}), and {supported}. "
    if jetson:
        return (
            f"{versions}Take the CUDA that came with JetPack (/usr/local/cuda; `sudo apt install "
            f"nvidia-jetpack`): a Jetson's driver is updated with JetPack alone."
        )
    verb = "update" if library.driver else "install"
    driver_for = f" for CUDA {runtime} or later" if versions else ""
    return (
        f"{versions}Check `nvidia-smi`, {verb} the driver{driver_for}, or use a bundle built with "
        f"`--target ort-cpu`."
    )


def format_version(version: int) -> str:
    """Return a version that CUDA encodes as 12060 as `12.6`."""
    return f"{version // 1000}.{version % 1000 // 10}"
