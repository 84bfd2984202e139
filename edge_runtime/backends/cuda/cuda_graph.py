"""Work on a stream, recorded once and launched many times."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final
from weakref import finalize

from edge_runtime.backends.cuda.runtime import Cuda
from edge_runtime.errors import EdgeAsrError


class CudaGraph:
    """An executable CUDA graph; addresses are recorded with it, what lies there is read at each launch."""

    def __init__(self, cuda: Cuda, stream: int, enqueue: Callable[[], None]) -> None:
        """Record what `enqueue` puts on the stream; nothing runs yet.

        Raises:
            GraphError: something in it cannot be recorded.
        """
        self._cuda: Final = cuda
        self._stream: Final = stream
        graph = _record(cuda, stream, enqueue)
        try:
            self._executable: Final = cuda.instantiate(graph)
        finally:
            cuda.destroy_graph(graph)
        finalize(self, _destroy, cuda, self._executable).atexit = False

    def launch(self) -> None:
        """Enqueue all of it."""
        self._cuda.launch(self._executable, self._stream)


def _record(cuda: Cuda, stream: int, enqueue: Callable[[], None]) -> int:
    cuda.begin_capture(stream)
    try:
        enqueue()
    except BaseException:
        # The stream must leave capture mode whatever happened; the first error is the one to tell.
        with suppress(EdgeAsrError):
            cuda.destroy_graph(cuda.end_capture(stream))
        raise
    return cuda.end_capture(stream)


def _destroy(cuda: Cuda, executable: int) -> None:
    with suppress(EdgeAsrError):
        cuda.destroy_executable(executable)
