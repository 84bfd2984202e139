"""Packets of a transport stream that are damaged, missing or cut."""

from __future__ import annotations

import pytest

from edge_runtime.audio.formats.transport import packet_layout, transport_damage
from tests.support.media import medium_of

AUDIO, VIDEO = 0x101, 0x100
SOUND, PICTURE = 0xC0, 0xE0


def packet(
    number: int, payload: bytes, *, pid: int = AUDIO, start: bool = False, jumps: bool = False
) -> bytes:
    """Return a packet; its payload is filled up to its length with an adaptation field."""
    room = 184 - len(payload)
    adaptation = b""
    if room or jumps:
        flags = bytes([0x80 if jumps else 0])
        adaptation = bytes([room - 1]) + (flags + b"\xff" * (room - 2) if room > 1 else b"")
    head = bytes([0x47, (0x40 if start else 0) | pid >> 8, pid & 0xFF])
    return head + bytes([(0x30 if adaptation else 0x10) | number % 16]) + adaptation + payload


def unit(first: int, length: int = 400, *, kind: int = SOUND, pid: int = AUDIO) -> list[bytes]:
    """Return the packets of one unit of a stream, numbered from `first` on."""
    data = b"\x00\x00\x01" + bytes([kind]) + length.to_bytes(2, "big") + bytes(length)
    parts = [data[at : at + 184] for at in range(0, len(data), 184)]
    return [packet(first + index, part, pid=pid, start=index == 0) for index, part in enumerate(parts)]


def damage(packets: list[bytes], start: int = 0) -> list[str]:
    return list(transport_damage(medium_of(bytes(start) + b"".join(packets)), start))


WHOLE = [each for index in range(5) for each in unit(3 * index)]


def test_a_whole_stream_has_no_damage_wherever_it_begins() -> None:
    assert damage(WHOLE) == []
    assert damage(WHOLE, start=11) == []
    assert damage([b"\xff" * 30, *WHOLE]) == [], "a broadcast begins inside a packet"


@pytest.mark.parametrize(("size", "before"), [(192, 4), (204, 0)])
def test_packets_with_a_time_code_or_a_checksum_are_read_alike(size: int, before: int) -> None:
    padded = [bytes(before) + each + bytes(size - 188 - before) for each in WHOLE]
    assert packet_layout(b"".join(padded)) == (size, before)
    assert damage(padded) == []
    assert damage([*padded[:4], *padded[5:]]) == ["packets of its sound are missing in 1 places"]


def test_a_packet_of_sound_that_is_left_out_is_missing_and_one_of_pictures_is_none() -> None:
    pictures = [each for index in range(3) for each in unit(3 * index, kind=PICTURE, pid=VIDEO)]
    assert damage([*WHOLE[:7], *WHOLE[8:]]) == ["packets of its sound are missing in 1 places"]
    assert damage([*WHOLE, *pictures[:4], *pictures[6:]]) == []


def test_a_packet_that_comes_twice_and_numbers_that_are_said_to_jump_are_no_damage() -> None:
    assert damage([*WHOLE[:7], WHOLE[6], *WHOLE[7:]]) == []
    jumping = packet(9, b"\x00\x00\x01\xc0\x00\x00" + bytes(100), start=True, jumps=True)
    assert damage([*WHOLE, jumping]) == []
    assert damage([*WHOLE, packet(9, b"\x00\x00\x01\xc0\x00\x00" + bytes(100), start=True)]) != []


def test_a_packet_that_is_out_of_step_is_damaged() -> None:
    broken = [*WHOLE]
    broken[8] = b"\x46" + broken[8][1:]
    assert damage(broken) == ["1 of its packets are damaged", "packets of its sound are missing in 1 places"]


def test_an_end_inside_a_packet_or_inside_a_unit_is_told() -> None:
    assert damage([*WHOLE, unit(15)[0][:100]]) == ["it ends inside a packet"]
    assert damage([*WHOLE, *unit(15)[:-1]]) == ["it ends inside a unit of sound"]
    open_ended = packet(15, b"\x00\x00\x01\xc0\x00\x00" + bytes(178), start=True)
    assert damage([*WHOLE, open_ended]) == [], "a unit of unknown length may end anywhere"


@pytest.mark.parametrize("data", [b"", b"\x47" * 100, bytes(2000)])
def test_what_is_no_transport_stream_has_no_packets(data: bytes) -> None:
    assert packet_layout(data) is None
    assert list(transport_damage(medium_of(data), 0)) == []
