"""Pages of an Ogg file: damaged, missing, cut, and of several links."""

from __future__ import annotations

import pytest

from edge_runtime.audio.formats.ogg import OggSurvey, survey
from tests.support.media import medium_of

FIRST, LAST = 2, 4
OPUS = b"OpusHead" + bytes(11)


def shifted(value: int) -> int:
    """Return the remainder of a byte, bit by bit, by the polynomial of Ogg's specification (RFC 3533)."""
    value <<= 24
    for _ in range(8):
        value = (value << 1 ^ (0x04C1_1DB7 if value & 0x8000_0000 else 0)) & 0xFFFF_FFFF
    return value


TABLE = tuple(map(shifted, range(256)))


def crc(page: bytes) -> int:
    value = 0
    for byte in page:
        value = (value << 8 & 0xFFFF_FFFF) ^ TABLE[value >> 24 ^ byte]
    return value


def page(number: int, content: bytes = b"", *, flags: int = 0, serial: int = 7) -> bytes:
    full, rest = divmod(len(content), 255)
    segments = bytes([255] * full + [rest]) if content else b""
    head = b"OggS\0" + bytes([flags]) + bytes(8) + serial.to_bytes(4, "little") + number.to_bytes(4, "little")
    body = bytes([len(segments)]) + segments + content
    return head + crc(head + bytes(4) + body).to_bytes(4, "little") + body


def stream(serial: int = 7, codec: bytes = OPUS) -> list[bytes]:
    middle = [page(number, bytes([number]) * 300, serial=serial) for number in (1, 2, 3)]
    return [
        page(0, codec, flags=FIRST, serial=serial),
        *middle,
        page(4, b"end", flags=LAST, serial=serial),
    ]


def surveyed(*pages: bytes, start: int = 0) -> OggSurvey:
    return survey(medium_of(bytes(start) + b"".join(pages)), start)


@pytest.mark.parametrize("start", [0, 5])
def test_a_whole_stream_is_one_link_without_damage(start: int) -> None:
    result = surveyed(*stream(), start=start)
    (link,) = result.links
    assert list(result.damage()) == []
    assert result.ended
    assert link.for_libsndfile
    assert (link.start, link.stop) == (start, start + len(b"".join(stream())))


@pytest.mark.parametrize(
    ("pages", "damage"),
    [
        ([*stream()[:2], *stream()[3:]], ["1 of its pages are missing"]),
        ([*stream()[:2], b"something else", *stream()[2:]], ["1 of its pages are damaged"]),
        ([*stream()[:4], stream()[4][:-1]], ["it ends inside a page"]),
        ([*stream()[:4], stream()[4][:20]], ["it ends inside a page"]),
        ([*stream()[:4], stream()[4][:27]], ["it ends inside a page"]),
        (
            [*stream()[:2], stream()[2][:-1] + b"x", *stream()[3:]],
            ["1 of its pages are damaged", "1 of its pages are missing"],
        ),
    ],
)
def test_what_is_wrong_is_told(pages: list[bytes], damage: list[str]) -> None:
    assert list(surveyed(*pages).damage()) == damage


def test_a_stream_without_its_last_page_has_not_ended() -> None:
    result = surveyed(*stream()[:-1])
    assert list(result.damage()) == []
    assert not result.ended


def test_joined_files_are_links_that_follow_each_other() -> None:
    first, second = b"".join(stream(1)), b"".join(stream(2))
    result = surveyed(first, second)
    assert [(link.start, link.stop) for link in result.links] == [
        (0, len(first)),
        (len(first), len(first + second)),
    ]


def test_streams_that_begin_together_are_one_link_and_not_for_libsndfile() -> None:
    pages = [
        each for both in zip(stream(1), stream(2, b"\x80theora" + bytes(9)), strict=True) for each in both
    ]
    result = surveyed(*pages)
    (link,) = result.links
    assert len(link.codecs) == 2
    assert not link.for_libsndfile
    assert list(result.damage()) == []


def test_a_stream_of_another_codec_is_not_for_libsndfile() -> None:
    assert not surveyed(*stream(codec=b"Speex   " + bytes(72))).links[0].for_libsndfile


def test_a_long_file_is_read_in_windows_without_a_page_lost() -> None:
    pages = [page(0, OPUS, flags=FIRST), *(page(number, bytes(60_000)) for number in range(1, 20))]
    result = surveyed(*pages)
    assert list(result.damage()) == []
    assert result.links[0].next_page == {7: 20}
    assert surveyed(b"no page at all" * 100_000).links == []
