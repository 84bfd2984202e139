"""The frames of a stream of AAC, which says nowhere how long it is."""

from __future__ import annotations

from typing import Final

from edge_runtime.audio.formats.mpeg_header import adts_bytes
from edge_runtime.audio.medium import Medium

_CHUNK_BYTES: Final = 1 << 18
_MAX_FRAME_BYTES: Final = 1 << 13


def ends_inside_frame(medium: Medium, start: int) -> bool:
    """Whether whole frames follow each other up to one that the end cuts."""
    window, window_at, position = b"", 0, start
    in_step = False
    while position < medium.size:
        if position + _MAX_FRAME_BYTES > window_at + len(window) < medium.size:
            window_at, window = position, medium.read_at(position, _CHUNK_BYTES)
        at = position - window_at
        length = adts_bytes(window[at : at + 7])
        if not length and not in_step:  # a broadcast begins inside a frame
            position += 1
            continue
        if position + (length or 7) > medium.size:
            return in_step
        if not length:
            return False
        in_step = True
        position += length
    return False
