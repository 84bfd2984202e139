"""Hash files of any size in little memory."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

_BLOCK_BYTES: Final = 1 << 20
_AHEAD_BYTES: Final = 4 * _BLOCK_BYTES
_HAS_ADVICE: Final = hasattr(os, "posix_fadvise")


def sha256_of(path: Path, on_block: Callable[[int], None] | None = None) -> str:
    """Return the SHA-256 of a file in hexadecimal.

    Args:
        path: the file.
        on_block: called with the size of each block read, for progress.
    """
    digest = hashlib.sha256()
    num_read = 0
    with path.open("rb") as stream:
        _read_page_by_page(stream.fileno())
        while block := stream.read(_BLOCK_BYTES):
            if num_read % _AHEAD_BYTES == 0:
                _read_ahead(stream.fileno(), num_read + _AHEAD_BYTES)
            num_read += len(block)
            digest.update(block)
            if on_block:
                on_block(len(block))
    return digest.hexdigest()


def forget_cached(file: int) -> None:
    """Have the system read a file that is safely on the disk anew when it is wanted, as `sha256_of` does.

    Args:
        file: its descriptor.
    """
    if _HAS_ADVICE:
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)


def _read_page_by_page(file: int) -> None:
    """Keep Linux from reading a file in pieces of megabytes.

    A piece stays one in the system's memory, and when a file is mapped later, as the table of tokens is, all
    of it counts as resident with the first row that is read: of the 0.6B shapes 110 MB at four bits, 250 at
    eight.
    """
    if _HAS_ADVICE:
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_RANDOM)


def _read_ahead(file: int, start: int) -> None:
    """Have what comes next read while the latest is hashed, which the advice above has ended."""
    if _HAS_ADVICE:
        os.posix_fadvise(file, start, _AHEAD_BYTES, os.POSIX_FADV_WILLNEED)
