"""The sizes that MP4 and AVI state against the bytes that are there."""

from __future__ import annotations

import struct

import pytest

from edge_runtime.audio.formats.boxes import avi_damage, mp4_damage
from tests.support.media import medium_of

MAX_BOXES = 100_000


def box(name: bytes, content: bytes = b"", size: int | None = None) -> bytes:
    return struct.pack(">I", 8 + len(content) if size is None else size) + name + content


def long_box(name: bytes, content: bytes, size: int) -> bytes:
    return struct.pack(">I", 1) + name + struct.pack(">Q", size) + content


FTYP = box(b"ftyp", b"M4A ")
WHOLE = {
    "all boxes": FTYP + box(b"moov", bytes(20)) + box(b"mdat", bytes(50)),
    "a box that goes up to the end": FTYP + box(b"mdat", bytes(50), size=0),
    "a long size": FTYP + long_box(b"mdat", bytes(30), 46),
    "what a camera appends": FTYP + box(b"mdat", bytes(10)) + b"\xff\xd8\xff\xe0 a picture",
    "a cut box of no matter": FTYP + box(b"mdat", bytes(10)) + box(b"free", bytes(3), size=900),
    "less than a header behind it": FTYP + box(b"mdat") + b"\0\0\0",
    "more boxes than are looked at": box(b"free") * MAX_BOXES + box(b"mdat", size=99),
}
CUT = {
    "it ends 7 bytes before its box 'mdat' does": FTYP + box(b"mdat", bytes(43), size=58),
    "it ends 1 bytes before its box 'moov' does": FTYP + box(b"mdat") + box(b"moov", b"a", size=10),
    "it ends 5000000000 bytes before its box 'moof' does": FTYP + long_box(b"moof", b"", 5_000_000_016),
}


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
def test_an_mp4_whose_large_boxes_are_there_is_whole(data: bytes) -> None:
    assert list(mp4_damage(medium_of(data), 0)) == []


@pytest.mark.parametrize("message", CUT)
@pytest.mark.parametrize("start", [0, 13])
def test_an_mp4_that_ends_inside_a_large_box_lacks_bytes(message: str, start: int) -> None:
    assert list(mp4_damage(medium_of(bytes(start) + CUT[message]), start)) == [message]


@pytest.mark.parametrize(
    ("declared", "held", "damage"),
    [
        (100, 100, []),
        (100, 120, []),
        (100, 99, ["it holds 99 of the 100 bytes that it declares"]),
        (0x7FFF_0000, 99, []),
        (0xFFFF_FFFF, 99, []),
    ],
)
def test_an_avi_holds_what_it_declares_unless_it_declares_what_no_file_has(
    declared: int, held: int, damage: list[str]
) -> None:
    data = b"tag" + b"RIFF" + struct.pack("<I", declared) + bytes(held)
    assert list(avi_damage(medium_of(data), 3)) == damage
