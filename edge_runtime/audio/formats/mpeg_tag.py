"""The first frame of many MP3s, silent by itself, that says how many follow ("Xing", "Info")."""

from __future__ import annotations

from typing import Final

from edge_runtime.audio.formats.mpeg_header import HEADER_BYTES, FrameHeader, parse_header

_NAMES: Final = (b"Xing", b"Info")
_HAS_FRAMES: Final = 1
_FIELDS_BYTES: Final = 12
"""Name, flags and number of frames."""
_NO_CRC: Final = 1


def is_tag(frame: bytes, header: FrameHeader) -> bool:
    """Whether the frame is a tag and no sound."""
    at = _offset(frame, header)
    return header.layer == 3 and frame[at : at + 4] in _NAMES  # noqa: PLR2004


def declared_frames(frame: bytes, header: FrameHeader) -> int | None:
    """Return how many frames the tag says there are, None where it does not say."""
    at = _offset(frame, header)
    flags = int.from_bytes(frame[at + 4 : at + 8], "big")
    return int.from_bytes(frame[at + 8 : at + 12], "big") if flags & _HAS_FRAMES else None


def with_count(tag: bytes, header: FrameHeader, num_frames: int) -> bytes:
    """Return the tag with another number of frames, or as it is where it has none."""
    if declared_frames(tag, header) is None:
        return tag
    at = _offset(tag, header) + 8
    return tag[:at] + num_frames.to_bytes(4, "big") + tag[at + 4 :]


def new_tag(frame: bytes, header: FrameHeader, num_frames: int) -> bytes:
    """Return a tag for a recording without one.

    Args:
        frame: a frame of the recording.
        header: of that frame.
        num_frames: how many there are.
    """
    first = bytearray(frame[:HEADER_BYTES])
    first[1] |= _NO_CRC
    needed = _offset(bytes(first), header) + _FIELDS_BYTES
    for index in range(1, 15):  # a low bitrate makes frames too small for a tag
        first[2] = index << 4 | first[2] & 0x0F
        parsed = parse_header(bytes(first))
        if parsed is not None and parsed.num_bytes >= needed:
            break
    assert parsed is not None, "every index of this range is a bitrate"
    side = bytes(_offset(bytes(first), header) - HEADER_BYTES)
    fields = b"Info" + _HAS_FRAMES.to_bytes(4, "big") + num_frames.to_bytes(4, "big")
    return (bytes(first) + side + fields).ljust(parsed.num_bytes, b"\0")


def _offset(frame: bytes, header: FrameHeader) -> int:
    """Return where the name of a tag stands: behind header, checksum and side information."""
    side = (17 if header.mono else 32) if header.version == 1 else (9 if header.mono else 17)
    return HEADER_BYTES + (0 if frame[1] & _NO_CRC else 2) + side
