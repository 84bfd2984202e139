"""Where the samples of a WAV lie, and whether they are all there: RIFF, RIFX, RF64 and Sony's W64."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from edge_runtime.audio.medium import Medium

_UNKNOWN_BYTES: Final = 0x7FFF_0000
"""Programs that write into a pipe declare sizes from here on, since they cannot know the real one."""
_UNKNOWN_LONG_BYTES: Final = 1 << 62
_W64_FORMAT: Final = b"fmt \xf3\xac\xd3\x11\x8c\xd1\x00\xc0O\x8e\xdb\x8a"
_W64_DATA: Final = b"data" + _W64_FORMAT[4:]
_W64_HEADER_BYTES: Final = 24
_MAX_CHUNKS: Final = 4096
_EXTENSIBLE: Final = 0xFFFE
_ALL_ONES: Final = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class WavLayout:
    """What the chunks of a WAV say.

    Attributes:
        codec: format tag, that of the extension where there is one.
        start: offset of the first byte of samples.
        declared: bytes of samples by the header; 0 where it was never written, None where it cannot be known.
        available: bytes from `start` to the end of the samples or of the file.
        size_field: offset and bytes of the field that declares them.
        stop: offset behind the samples.
        needs_size: libsndfile would take the declared size at its word, and find nothing.
    """

    codec: int
    start: int
    declared: int | None
    available: int
    size_field: tuple[int, int]
    stop: int
    needs_size: bool


@dataclass(frozen=True, slots=True)
class _Chunk:
    name: bytes
    size: int
    start: int


def wav_layout(medium: Medium, start: int) -> WavLayout | None:
    """Return the layout of the WAV that begins at `start`, None where it has no samples or no format."""
    magic = medium.read_at(start, 4)
    wide = magic == b"riff"
    order = ">" if magic == b"RIFX" else "<"
    codec = None
    long_size: tuple[int, int] | None = None
    for chunk in _chunks(medium, start, order, wide=wide):
        if chunk.name == b"ds64":
            offset = chunk.start + 8
            long_size = int.from_bytes(medium.read_at(offset, 8), "little"), offset
        elif chunk.name in {b"fmt ", _W64_FORMAT}:
            codec = _codec(medium.read_at(chunk.start, min(26, chunk.size)), order)
        elif chunk.name in {b"data", _W64_DATA}:
            return None if codec is None else _layout(medium, chunk, codec, long_size, wide=wide)
    return None


def _chunks(medium: Medium, start: int, order: str, *, wide: bool) -> list[_Chunk]:
    """Return the chunks up to that of the samples, which stands last here."""
    offset = start + (_W64_HEADER_BYTES + 16 if wide else 12)
    chunks: list[_Chunk] = []
    while offset < medium.size and len(chunks) < _MAX_CHUNKS:
        if wide:
            header = medium.read_at(offset, _W64_HEADER_BYTES)
            if len(header) < _W64_HEADER_BYTES:
                break
            size = int.from_bytes(header[16:], "little") - _W64_HEADER_BYTES
            chunk, step = (
                _Chunk(header[:16], size, offset + _W64_HEADER_BYTES),
                _W64_HEADER_BYTES + (size + 7) // 8 * 8,
            )
        else:
            header = medium.read_at(offset, 8)
            if len(header) < 8:  # noqa: PLR2004
                break
            size = int(struct.unpack(order + "I", header[4:])[0])
            chunk, step = _Chunk(header[:4], size, offset + 8), 8 + size + size % 2
        chunks.append(chunk)
        if chunk.name in {b"data", _W64_DATA} or step < 8:  # noqa: PLR2004
            break
        offset += step
    return chunks


def _codec(form: bytes, order: str) -> int | None:
    if len(form) < 16:  # noqa: PLR2004
        return None
    tag = int(struct.unpack(order + "H", form[:2])[0])
    if tag == _EXTENSIBLE and len(form) == 26:  # noqa: PLR2004
        return int(struct.unpack(order + "H", form[24:26])[0])
    return tag


def _layout(
    medium: Medium, chunk: _Chunk, codec: int, long_size: tuple[int, int] | None, *, wide: bool
) -> WavLayout:
    declared: int | None = chunk.size
    field = (chunk.start - 8, 8) if wide else (chunk.start - 4, 4)
    if wide:
        unknown = not 0 <= chunk.size < _UNKNOWN_LONG_BYTES
    elif long_size is not None and chunk.size == _ALL_ONES:
        declared, field = long_size[0], (long_size[1], 8)
        unknown = not 0 < long_size[0] < _UNKNOWN_LONG_BYTES
    else:
        unknown = chunk.size >= _UNKNOWN_BYTES
    rest = max(0, medium.size - chunk.start)
    known = None if unknown else declared
    if known == 0 and _is_chunk(medium, chunk.start):  # it is empty, and something else follows
        rest = 0
    available = min(rest, known) if known else rest
    needs_size = rest > 0 and (known == 0 or (known is None and (wide or long_size is not None)))
    return WavLayout(codec, chunk.start, known, available, field, chunk.start + available, needs_size)


def _is_chunk(medium: Medium, offset: int) -> bool:
    """Whether a chunk begins here that ends where the file does."""
    header = medium.read_at(offset, 8)
    end = offset + 8 + int.from_bytes(header[4:], "little")
    return header[:4].isalnum() and end <= medium.size <= end + 1


def with_size(medium: Medium, layout: WavLayout, *, start: int) -> tuple[bytes | range, ...]:
    """Return the WAV with the size of its samples written, as pieces.

    Args:
        medium: the recording.
        layout: its layout.
        start: offset of its first byte.
    """
    offset, width = layout.size_field
    wide = medium.read_at(start, 4) == b"riff"
    size = layout.available + (_W64_HEADER_BYTES if wide else 0)
    limit = (1 << 8 * width) - 1
    written = min(size, limit).to_bytes(width, "big" if medium.read_at(start, 4) == b"RIFX" else "little")
    return range(start, offset), written, range(offset + width, layout.stop)
