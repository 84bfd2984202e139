"""One stretch of memory with named places in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final
from weakref import finalize

from edge_runtime.errors import EdgeAsrError

_ALIGNMENT: Final = 256
"""What `cudaMalloc` gives and TensorRT asks of every address."""


class Arena:
    """Memory allocated once and freed once, when nobody refers to the arena any more."""

    def __init__(
        self, malloc: Callable[[int], int], free: Callable[[int], None], sizes: Mapping[str, int]
    ) -> None:
        """Allocate.

        Args:
            malloc: takes bytes, returns an address.
            free: takes that address.
            sizes: bytes of each place; a place of none has an address too, since TensorRT wants one.

        Raises:
            ResourceError: there is not that much memory.
        """
        self._offsets: Final[dict[str, int]] = {}
        self.num_bytes = 0
        for name, num_bytes in sizes.items():
            self._offsets[name] = self.num_bytes
            self.num_bytes += -(-max(num_bytes, 1) // _ALIGNMENT) * _ALIGNMENT
        self._start: Final = malloc(max(self.num_bytes, _ALIGNMENT))
        # Not at exit: the driver takes everything back with the process, and may be gone by then.
        finalize(self, _free, free, self._start).atexit = False

    def __contains__(self, name: str) -> bool:
        return name in self._offsets

    def address(self, name: str) -> int:
        """Return where a place begins."""
        return self._start + self._offsets[name]


def _free(free: Callable[[int], None], address: int) -> None:
    # Nobody is there to take an error; after a lost device every call gives one.
    with suppress(EdgeAsrError):
        free(address)
