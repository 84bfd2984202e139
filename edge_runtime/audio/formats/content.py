"""What a recording's first bytes say it is. Names and suffixes are not asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from edge_runtime.audio.formats.mpeg_header import find_frames
from edge_runtime.audio.formats.playlist import text_kind
from edge_runtime.audio.formats.transport import packet_layout

ReadAt = Callable[[int, int], bytes]
"""From offset and count to that many bytes, fewer at the end."""

_SCANNED_BYTES: Final = 1 << 16
_ID3_HEADER_BYTES: Final = 10
_MAX_TAGS: Final = 8


@dataclass(frozen=True, slots=True)
class Content:
    """A kind of recording.

    Attributes:
        name: short name, e.g. "wav"; "text" and "playlist" are no recordings, "unknown" may be one.
        demuxer: what ffmpeg calls it; None where ffmpeg must not or cannot read it.
        start: offset of the first byte behind tags.
    """

    name: str
    demuxer: str | None
    start: int = 0


# Demuxers that read the bytes they are given and open nothing else. Playlists and manifests (hls, dash,
# concat, image2, imf, sdp, vobsub …) are not among them.
_MAGIC: Final[tuple[tuple[int, bytes, str, str], ...]] = (
    (0, b"RF64", "rf64", "wav"),
    (0, b"RIFX", "rifx", "wav"),
    (0, b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00", "w64", "w64"),
    (0, b"fLaC", "flac", "flac"),
    (0, b"OggS", "ogg", "ogg"),
    (0, b"caff", "caf", "caf"),
    (0, b".snd", "au", "au"),
    (0, b"dns.", "au", "au"),
    (0, b"Creative Voice File", "voc", "voc"),
    (0, b"NIST_1A", "sph", "nistsphere"),
    (0, b"\xf0\x7e", "sds", "sds"),
    (0, b"#!AMR", "amr", "amr"),
    (0, b"\x1aE\xdf\xa3", "matroska", "matroska"),
    (0, b"0&\xb2u\x8ef\xcf\x11", "asf", "asf"),
    (0, b"FLV\x01", "flv", "flv"),
    (0, b".RMF", "rm", "rm"),
    (0, b".ra\xfd", "rm", "rm"),
    (0, b"wvpk", "wv", "wv"),
    (0, b"TTA1", "tta", "tta"),
    (0, b"MAC ", "ape", "ape"),
    (0, b"MP+", "mpc", "mpc"),
    (0, b"MPCK", "mpc8", "mpc8"),
    (0, b"tBaK", "tak", "tak"),
    (0, b"ajkg", "shn", "shn"),
    (0, b"DSD ", "dsf", "dsf"),
    (0, b"FRM8", "dff", "iff"),
    (0, b"2BIT", "avr", "avr"),
    (0, b"nut/multimedia container\x00", "nut", "nut"),
    (0, b"\x06\x0e+4\x02\x05\x01\x01\r\x01\x02", "mxf", "mxf"),
    (0, b"\x0bw", "ac3", "ac3"),
    (0, b"\x7f\xfe\x80\x01", "dts", "dts"),
    (0, b"\x00\x00\x01\xba", "mpeg", "mpeg"),
)
_RIFF: Final = {b"WAVE": ("wav", "wav"), b"AVI ": ("avi", "avi"), b"QLCM": ("qcp", "qcp")}
_FORM: Final = {
    b"AIFF": ("aiff", "aiff"),
    b"AIFC": ("aiff", "aiff"),
    b"8SVX": ("svx", "iff"),
    b"16SV": ("svx", "iff"),
}
_MOV_BOXES: Final = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"styp", b"moof", b"pnot", b"sidx"}


def sniff(read_at: ReadAt) -> Content:
    """Return what the bytes are.

    Args:
        read_at: gives bytes of the recording.
    """
    start = _behind_tags(read_at)
    head = read_at(start, _SCANNED_BYTES)
    name, demuxer = _name(head)
    return Content(name, demuxer, start)


def _behind_tags(read_at: ReadAt) -> int:
    """Return the offset behind ID3v2 tags, which stand before MP3, ADTS, and by mistake before anything."""
    start = 0
    for _ in range(_MAX_TAGS):
        length = id3_bytes(read_at(start, _ID3_HEADER_BYTES))
        if not length:
            break
        start += length
    return start


def id3_bytes(header: bytes) -> int:
    """Return the length of the ID3v2 tag that begins with these bytes, 0 where there is none."""
    if len(header) < _ID3_HEADER_BYTES or header[:3] != b"ID3" or max(header[6:10]) > 0x7F:  # noqa: PLR2004
        return 0
    size = header[6] << 21 | header[7] << 14 | header[8] << 7 | header[9]
    footer = _ID3_HEADER_BYTES if header[5] & 0x10 else 0
    return _ID3_HEADER_BYTES + size + footer


def _name(head: bytes) -> tuple[str, str | None]:
    for offset, magic, name, demuxer in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return name, demuxer
    if head[:4] == b"RIFF" and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    if head[:4] == b"FORM" and head[8:12] in _FORM:
        return _FORM[head[8:12]]
    if head[4:8] in _MOV_BOXES:
        return "mp4", "mov"
    if (kind := text_kind(head)) is not None:
        return kind, None
    return _synchronized(head)


def _synchronized(head: bytes) -> tuple[str, str | None]:
    """Return what a stream is that may begin anywhere, or unknown."""
    if packet_layout(head) is not None:
        return "mpegts", "mpegts"
    if (kind := find_frames(head)) is not None:
        return kind
    return "unknown", None
