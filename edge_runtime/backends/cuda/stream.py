"""A CUDA stream that is destroyed once."""

from __future__ import annotations

from contextlib import suppress
from typing import Final
from weakref import finalize

from edge_runtime.backends.cuda.runtime import Cuda
from edge_runtime.errors import EdgeAsrError


class Stream:
    """The order in which a session's work runs; everything of one session is on one stream."""

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
