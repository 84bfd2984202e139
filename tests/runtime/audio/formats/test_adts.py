"""Whether a stream of AAC ends between frames."""

from __future__ import annotations

import pytest

from edge_runtime.audio.formats.adts import ends_inside_frame
from tests.support.media import medium_of


def frame(length: int) -> bytes:
    """Return an ADTS frame of that many bytes, at 16 kHz."""
    header = bytes([0xFF, 0xF1, 0x60, 0x40 | length >> 11, length >> 3 & 0xFF, (length & 7) << 5, 0xFC])
    return header.ljust(length, b"\x21")


STREAM = b"".join(frame(length) for length in (7, 300, 8191, 20))
ENDS = {
    "whole": (STREAM, False),
    "empty": (b"", False),
    "cut inside the last frame": (STREAM[:-1], True),
    "cut inside its header": (STREAM + frame(20)[:3], True),
    "a broadcast that begins inside a frame": (frame(400)[90:] + STREAM[:-5], True),
    "a broadcast that is whole behind its first frame": (frame(400)[90:] + STREAM, False),
    "something else between frames": (STREAM + b"no frame at all" + STREAM[:-1], False),
    "nothing of it": (b"\x21" * 1000, False),
    "a header that declares less than itself": (STREAM + frame(20)[:4] + bytes(30), False),
    "more than is read at once": (STREAM * 100 + STREAM[:-2], True),
}


@pytest.mark.parametrize(("data", "ends"), ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("start", [0, 10])
def test_the_end_cuts_a_frame_only_behind_whole_ones(data: bytes, start: int, *, ends: bool) -> None:
    assert ends_inside_frame(medium_of(bytes(start) + data), start) is ends
