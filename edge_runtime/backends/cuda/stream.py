"""A CUDA stream, and graphs that are captured from it once and launched many times."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Final
from weakref import finalize

from edge_runtime.backends.cuda.runtime import Cuda
from edge_runtime.errors import EdgeAsrError

_CAPTURE_LOCK: Final = Lock()
"""One capture at a time: each ends with the collector as it found it."""


class Stream:
    """The stream of one session: all its work runs there, in the order in which it is enqueued."""

    def __init__(self, cuda: Cuda) -> None:
        self.cuda: Final = cuda
        self.handle: Final = cuda.create_stream()
        finalize(self, _destroy, cuda, self.handle).atexit = False

    def copy(self, target: int, source: int, num_bytes: int) -> None:
        """Enqueue a copy."""
        self.cuda.copy(target, source, num_bytes, self.handle)

    def synchronize(self) -> None:
        """Wait for everything enqueued."""
        self.cuda.synchronize(self.handle)


def _destroy(cuda: Cuda, handle: int) -> None:
    with suppress(EdgeAsrError):
        cuda.destroy_stream(handle)


class CudaGraph:
    """An executable CUDA graph; each launch reads and writes the addresses that were captured."""

    def __init__(self, cuda: Cuda, stream: int, enqueue: Callable[[], None]) -> None:
        """Capture what `enqueue` puts on the stream; nothing runs yet.

        Raises:
            GraphError: part of it cannot be captured.
        """
        self._cuda: Final = cuda
        self._stream: Final = stream
        graph = _capture(cuda, stream, enqueue)
        try:
            self._executable: Final = cuda.instantiate(graph)
        finally:
            cuda.destroy_graph(graph)
        finalize(self, _destroy_executable, cuda, self._executable).atexit = False

    def launch(self) -> None:
        """Enqueue all of it."""
        self._cuda.launch(self._executable, self._stream)


def _capture(cuda: Cuda, stream: int, enqueue: Callable[[], None]) -> int:
    with _no_finalizers():
        return _captured(cuda, stream, enqueue)


@contextmanager
def _no_finalizers() -> Iterator[None]:
    """Keep the garbage collector from running: a finalizer's `cudaFree` would spoil a capture."""
    with _CAPTURE_LOCK:
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            if was_enabled:
                gc.enable()


def _captured(cuda: Cuda, stream: int, enqueue: Callable[[], None]) -> int:
    cuda.begin_capture(stream)
    try:
        enqueue()
    except BaseException:
        # The stream must leave capture mode in any case; the first error is the one to raise.
        with suppress(EdgeAsrError):
            cuda.destroy_graph(cuda.end_capture(stream))
        raise
    return cuda.end_capture(stream)


def _destroy_executable(cuda: Cuda, executable: int) -> None:
    with suppress(EdgeAsrError):
        cuda.destroy_executable(executable)
