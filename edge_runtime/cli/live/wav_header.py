"""The header of a WAV that arrives through a pipe: read once, never sought in."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from edge_runtime.cli.live.pcm import PcmFormat
from edge_runtime.errors import AudioError, UsageError

_UNKNOWN_BYTES: Final = 0x7FFF_0000
"""Programs that write into a pipe declare 0, or sizes from here on, since they cannot know the real one."""
_INTEGERS, _FLOATS, _EXTENSIBLE = 1, 3, 0xFFFE
_FORMAT_BYTES: Final = 16
_EXTENDED_BYTES: Final = 26
_MAX_CHUNK_BYTES: Final = 1 << 24
_OTHERWISE: Final = (
    "Send a WAV, or samples with --raw --rate 16000 --channels 1; of another format: "
    "ffmpeg -i INPUT -f wav - | edge-asr stream -"
)


@dataclass(frozen=True, slots=True)
class WavHeader:
    """What stands before the samples.

    Attributes:
        pcm: format of the samples.
        num_bytes: of samples, None where the header does not know.
    """

    pcm: PcmFormat
    num_bytes: int | None


def read_header(read: Callable[[int], bytes], name: str) -> WavHeader:
    """Read up to the first sample.

    Args:
        read: returns at most so many bytes; none at the end.
        name: of the stream, for messages.

    Raises:
        AudioError: nothing came, it is no WAV, or its samples cannot be read.
    """
    start = _exactly(read, 12)
    if not start:
        raise AudioError(f"{name}: nothing came. Is the program before the pipe running?")
    if start[:4] not in (b"RIFF", b"RF64") or start[8:] != b"WAVE":
        raise AudioError(f"{name}: is no WAV; it begins with {start!r}. {_OTHERWISE}")
    pcm: PcmFormat | None = None
    while len(chunk := _exactly(read, 8)) == 8:  # noqa: PLR2004
        kind, size = chunk[:4], struct.unpack("<I", chunk[4:])[0]
        if kind == b"data":
            return _header(pcm, size, name)
        if size > _MAX_CHUNK_BYTES:
            break
        content = _exactly(read, size + size % 2)
        pcm = _format(content, name) if kind == b"fmt " else pcm
    raise AudioError(f"{name}: the WAV ends before its first sample. {_OTHERWISE}")


def _header(pcm: PcmFormat | None, size: int, name: str) -> WavHeader:
    if pcm is None:
        raise AudioError(f"{name}: the WAV does not say what its samples are. {_OTHERWISE}")
    return WavHeader(pcm, size if 0 < size < _UNKNOWN_BYTES else None)


def _format(content: bytes, name: str) -> PcmFormat:
    if len(content) < _FORMAT_BYTES:
        raise AudioError(f"{name}: the WAV's format is cut off. {_OTHERWISE}")
    tag, channels, rate, _, _, bits = struct.unpack("<HHIIHH", content[:_FORMAT_BYTES])
    if tag == _EXTENSIBLE and len(content) >= _EXTENDED_BYTES:
        tag = int.from_bytes(content[24:26], "little")
    if tag not in (_INTEGERS, _FLOATS):
        raise AudioError(f"{name}: the WAV's samples are compressed (format {tag}). {_OTHERWISE}")
    try:
        return PcmFormat(rate, channels, bits, is_float=tag == _FLOATS)
    except UsageError as error:
        raise AudioError(f"{name}: {error}") from error


def _exactly(read: Callable[[int], bytes], num_bytes: int) -> bytes:
    """Return so many bytes, fewer at the end of the stream."""
    data = b""
    while len(data) < num_bytes and (more := read(num_bytes - len(data))):
        data += more
    return data
