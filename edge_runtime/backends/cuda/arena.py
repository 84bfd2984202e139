"""One block of memory with named regions in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final
from weakref import finalize

from edge_runtime.errors import EdgeAsrError

_ALIGNMENT: Final = 256
"""What `cudaMalloc` guarantees and TensorRT requires of every address."""


class Arena:
    """Memory allocated once, and freed once the arena is no longer referenced."""

    def __init__(
        self, malloc: Callable[[int], int], free: Callable[[int], None], sizes: Mapping[str, int]
    ) -> None:
        """Allocate.

        Args:
            malloc: takes bytes, returns an address.
            free: takes that address.
            sizes: bytes of each region; one of 0 bytes has an address too, since TensorRT requires one.

        Raises:
            ResourceError: there is not enough memory.
        """
        self._offsets: Final[dict[str, int]] = {}
        self.num_bytes = 0
        for name, num_bytes in sizes.items():
            self._offsets[name] = self.num_bytes
            self.num_bytes += -(-max(num_bytes, 1) // _ALIGNMENT) * _ALIGNMENT
        self._start: Final = malloc(max(self.num_bytes, _ALIGNMENT))
        # Not at exit: the driver frees everything with the process, and may be unloaded by then.
        finalize(self, _free, free, self._start).atexit = False

    def __contains__(self, name: str) -> bool:
        return name in self._offsets

    def address(self, name: str) -> int:
        """Return the address of a region."""
        return self._start + self._offsets[name]


def _free(free: Callable[[int], None], address: int) -> None:
    # A finalizer cannot raise, and after a lost device every call fails.
    with suppress(EdgeAsrError):
        free(address)
