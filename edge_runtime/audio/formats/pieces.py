"""A file made of parts of another and of bytes of our own, without a copy."""

from __future__ import annotations

import io
import os
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import TypeAlias

from edge_runtime.audio.medium import Medium
from edge_runtime.errors import AudioError

Piece: TypeAlias = bytes | range
"""Bytes as they are, or a range of offsets in the recording."""


class PiecedFile(io.RawIOBase):
    """Pieces of a recording, one behind the other, to read and to seek in.

    A failing disk reads as the end of the file, since libsndfile's callbacks may not raise; `error` keeps it.
    """

    def __init__(self, medium: Medium, pieces: Sequence[Piece]) -> None:
        self._medium, self._pieces = medium, pieces
        self._starts = [0, *accumulate(len(piece) for piece in pieces)]
        self._position = 0
        self.error: AudioError | None = None

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move and return the position."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._starts[-1]}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any buffer becomes one
        """Fill the buffer as far as there are bytes; return how many."""
        target = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(target) and (part := self._read_one(len(target) - filled)):
            target[filled : filled + len(part)] = part
            filled += len(part)
        return filled

    def _read_one(self, count: int) -> bytes:
        """Read from the piece at the current position."""
        index = bisect_right(self._starts, self._position) - 1
        if index >= len(self._pieces):
            return b""
        piece, offset = self._pieces[index], self._position - self._starts[index]
        if isinstance(piece, bytes):
            data = piece[offset : offset + count]
        else:
            count = min(count, len(piece) - offset)
            try:
                data = self._medium.read_at(piece.start + offset, count)
            except AudioError as error:
                self.error = error
                return b""
        self._position += len(data)
        return data
