"""Make the C library return large freed blocks to the system."""

from __future__ import annotations

import ctypes
import os
from typing import Final

_MMAP_THRESHOLD: Final = -3
"""`M_MMAP_THRESHOLD` of glibc's malloc.h."""
_THRESHOLD_BYTES: Final = 1 << 20
"""glibc raises its default threshold to the largest block ever freed. Blocks below the threshold come from
the heap, which cannot shrink while a later block is in use: 40 MB with a minute of audio. Blocks under 1 MiB
are too frequent to map each one."""


def release_large_blocks() -> None:
    """Keep large blocks out of the heap of this process.

    Nothing is done without glibc, or where the environment has a choice of the user's.
    """
    if "MALLOC_MMAP_THRESHOLD_" in os.environ or "mmap_threshold" in os.environ.get("GLIBC_TUNABLES", ""):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library, or a system without one
        return
    mallopt(_MMAP_THRESHOLD, _THRESHOLD_BYTES)
