"""A recording is what its first bytes say, behind tags that stand before it."""

from __future__ import annotations

import pytest

from edge_runtime.audio.formats.content import id3_bytes, sniff

WAV = b"RIFF\x24\0\0\0WAVEfmt "


def id3(size: int, flags: int = 0) -> bytes:
    """Return a tag of ID3v2 with so many bytes behind its header."""
    sizes = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x04\0" + bytes([flags]) + sizes + bytes(size + (10 if flags & 0x10 else 0))


def kind(data: bytes) -> tuple[str, str | None, int]:
    content = sniff(lambda offset, count: data[offset : offset + count])
    return content.name, content.demuxer, content.start


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (WAV, ("wav", "wav")),
        (b"RIFF\0\0\0\0AVI LIST", ("avi", "avi")),
        (b"FORM\0\0\0\0AIFC", ("aiff", "aiff")),
        (b"FORM\0\0\0\x008SVX", ("svx", "iff")),
        (b"\0\0\0\x20ftypM4A ", ("mp4", "mov")),
        (b"OggS\0\x02", ("ogg", "ogg")),
        (b"#EXTM3U\nother.mp3\n", ("playlist", None)),
        (b"only words\n", ("text", None)),
        (b"RIFF\0\0\0\0ABCD\0\0\0\0", ("unknown", None)),
        (b"\x00\x01\x02\x03" * 50, ("unknown", None)),
        (b"", ("unknown", None)),
        ((b"\x47" + bytes(187)) * 6, ("mpegts", "mpegts")),
        ((b"\xff\xfb\x10\xc0" + bytes(100)) * 5, ("mp3", "mp3")),
        ((b"\x56\xe0\x14" + bytes(20)) * 5, ("loas", "loas")),
    ],
    ids=repr,
)
def test_a_kind_is_found_from_the_first_bytes(data: bytes, expected: tuple[str, str | None]) -> None:
    assert kind(data) == (*expected, 0)


@pytest.mark.parametrize(
    ("tags", "length"),
    [(id3(0), 10), (id3(300), 310), (id3(5, flags=0x10), 25), (id3(40) + id3(200), 260)],
    ids=["empty", "of two digits", "with a footer", "two"],
)
def test_tags_before_a_recording_are_passed_over(tags: bytes, length: int) -> None:
    assert kind(tags + WAV) == ("wav", "wav", length)


def test_tags_without_end_are_given_up() -> None:
    assert kind(id3(0) * 9 + WAV)[2] == 80


@pytest.mark.parametrize(
    "header", [b"", b"ID3\x04\0\0\0\0\0", b"ID4\x04\0\0\0\0\0\x05", b"ID3\x04\0\0\0\0\0\x80"]
)
def test_what_is_no_tag_has_no_length(header: bytes) -> None:
    assert id3_bytes(header) == 0
