"""The one file that imports cuda-python: `Cuda` over its runtime bindings."""

from __future__ import annotations

from typing import Any, Final

from cuda.bindings import runtime

from edge_runtime.backends.cuda.runtime import CudaDevice, cuda_error


class CudaBindings:
    """The real CUDA runtime; see `edge_runtime.backends.cuda.runtime.Cuda` for each call."""

    def describe(self, device_id: int) -> CudaDevice:
        """Describe a device."""
        properties = _check("cudaGetDeviceProperties", runtime.cudaGetDeviceProperties(device_id))
        version = _check("cudaDriverGetVersion", runtime.cudaDriverGetVersion())
        return CudaDevice(
            name=properties.name.decode().rstrip("\0"),
            compute_capability=f"{properties.major}.{properties.minor}",
            memory=int(properties.totalGlobalMem),
            driver=f"{version // 1000}.{version % 1000 // 10}",
        )

    def set_device(self, device_id: int) -> None:
        """Make a device current for the calling thread."""
        _check("cudaSetDevice", runtime.cudaSetDevice(device_id))

    def malloc(self, num_bytes: int) -> int:
        """Allocate device memory."""
        return int(_check("cudaMalloc", runtime.cudaMalloc(num_bytes)))

    def free(self, address: int) -> None:
        """Free device memory."""
        _check("cudaFree", runtime.cudaFree(address))

    def host_malloc(self, num_bytes: int) -> int:
        """Allocate pinned host memory."""
        return int(_check("cudaHostAlloc", runtime.cudaHostAlloc(num_bytes, runtime.cudaHostAllocDefault)))

    def host_free(self, address: int) -> None:
        """Free pinned host memory."""
        _check("cudaFreeHost", runtime.cudaFreeHost(address))

    def create_stream(self) -> int:
        """Create a stream."""
        flags = runtime.cudaStreamNonBlocking
        return int(_check("cudaStreamCreateWithFlags", runtime.cudaStreamCreateWithFlags(flags)))

    def destroy_stream(self, stream: int) -> None:
        """Destroy a stream."""
        _check("cudaStreamDestroy", runtime.cudaStreamDestroy(stream))

    def synchronize(self, stream: int) -> None:
        """Wait for a stream."""
        _check("cudaStreamSynchronize", runtime.cudaStreamSynchronize(stream))

    def copy(self, target: int, source: int, num_bytes: int, stream: int) -> None:
        """Enqueue a copy."""
        result = runtime.cudaMemcpyAsync(target, source, num_bytes, _ANY_TO_ANY, stream)
        _check("cudaMemcpyAsync", result)

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
        result = runtime.cudaMemcpy2DAsync(
            target, target_pitch, source, source_pitch, width, height, _ANY_TO_ANY, stream
        )
        _check("cudaMemcpy2DAsync", result)

    def fill(self, address: int, byte: int, num_bytes: int, stream: int) -> None:
        """Enqueue setting bytes."""
        _check("cudaMemsetAsync", runtime.cudaMemsetAsync(address, byte, num_bytes, stream))

    def begin_capture(self, stream: int) -> None:
        """Start to capture a stream."""
        # The calls of this thread alone: another thread may allocate during the capture.
        mode = runtime.cudaStreamCaptureMode.cudaStreamCaptureModeThreadLocal
        _check("cudaStreamBeginCapture", runtime.cudaStreamBeginCapture(stream, mode))

    def end_capture(self, stream: int) -> int:
        """Return the captured graph."""
        return int(_check("cudaStreamEndCapture", runtime.cudaStreamEndCapture(stream)))

    def instantiate(self, graph: int) -> int:
        """Make a graph executable."""
        return int(_check("cudaGraphInstantiate", runtime.cudaGraphInstantiate(graph, 0)))

    def destroy_graph(self, graph: int) -> None:
        """Destroy a captured graph."""
        _check("cudaGraphDestroy", runtime.cudaGraphDestroy(graph))

    def launch(self, executable: int, stream: int) -> None:
        """Enqueue an executable graph."""
        _check("cudaGraphLaunch", runtime.cudaGraphLaunch(executable, stream))

    def destroy_executable(self, executable: int) -> None:
        """Destroy an executable graph."""
        _check("cudaGraphExecDestroy", runtime.cudaGraphExecDestroy(executable))


_ANY_TO_ANY: Final = runtime.cudaMemcpyKind.cudaMemcpyDefault


def _check(call: str, result: tuple[Any, ...]) -> Any:
    """Return a call's value, or raise the error that its code means."""
    code, *values = result
    if int(code):
        _, name = runtime.cudaGetErrorName(code)
        _, text = runtime.cudaGetErrorString(code)
        raise cuda_error(call, int(code), name.decode(), text.decode())
    return values[0] if values else None
