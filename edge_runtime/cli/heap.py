"""The C library's heap, told to give large pieces back to the system."""

from __future__ import annotations

import ctypes
from typing import Final

_MMAP_THRESHOLD: Final = -3
"""`M_MMAP_THRESHOLD` of glibc's malloc.h."""
_THRESHOLD_BYTES: Final = 1 << 20
"""Bytes. Left alone, glibc takes pieces as large as the largest that was ever freed from the heap, and cannot
give them back while anything lies behind: 40 MB with a minute of audio. Smaller pieces come too often."""


def release_large_blocks() -> None:
    """Keep large pieces of memory out of the heap of this process; nothing is done without glibc."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library, or a system without one
        return
    mallopt(_MMAP_THRESHOLD, _THRESHOLD_BYTES)
