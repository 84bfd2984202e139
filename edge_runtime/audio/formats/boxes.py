"""Whether the largest parts of an MP4 or an AVI are all there: their sizes stand at their beginning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from edge_runtime.audio.medium import Medium

_UNKNOWN_BYTES: Final = 0x7FFF_0000
_MAX_BOXES: Final = 100_000
_LARGE_BOXES: Final = {b"mdat", b"moov", b"moof"}
"""Samples and their index; what a camera appends behind them need not be a box."""


def mp4_damage(medium: Medium, start: int) -> Iterator[str]:
    """Yield what is missing from the end of an MP4, as the rest of a sentence about the recording."""
    offset = start
    for _ in range(_MAX_BOXES):
        header = medium.read_at(offset, 16)
        if len(header) < 8 or not header[4:8].isalnum():  # noqa: PLR2004
            return
        size = int.from_bytes(header[:4], "big")
        if size == 1:
            size = int.from_bytes(header[8:], "big")
        if size < 8:  # noqa: PLR2004  # up to the end
            return
        if offset + size > medium.size:
            if header[4:8] not in _LARGE_BOXES:
                return
            name = header[4:8].decode("ascii", "replace")
            yield f"it ends {offset + size - medium.size} bytes before its box {name!r} does"
            return
        offset += size


def avi_damage(medium: Medium, start: int) -> Iterator[str]:
    """Yield what is missing from the end of an AVI."""
    size = int.from_bytes(medium.read_at(start + 4, 4), "little")
    held = medium.size - start - 8
    if held < size < _UNKNOWN_BYTES:
        yield f"it holds {held} of the {size} bytes that it declares"
