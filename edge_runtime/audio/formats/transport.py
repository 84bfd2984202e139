"""Whether the sound of an MPEG transport stream is all there: its packets have numbers and known lengths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from edge_runtime.arrays import Array
from edge_runtime.audio.medium import Medium

PACKET_BYTES: Final = (188, 192, 204)
"""Of plain streams, of those with a time code, of those with a checksum."""
_SYNC: Final = 0x47
_BYTES: Final = PACKET_BYTES[0]
_PACKETS_IN_A_ROW: Final = 4
_CHUNK_PACKETS: Final = 1 << 15
_START_CODE: Final = b"\x00\x00\x01"
_PRIVATE: Final = (0xBD, 0xFD)
"""Stream ids of AC-3 and DTS; those of MPEG audio are 0xC0 to 0xDF."""


def packet_layout(head: bytes) -> tuple[int, int] | None:
    """Return the bytes of a packet and the offset of the first, None where there are none."""
    for size in PACKET_BYTES:
        for first in range(min(size, len(head) - _PACKETS_IN_A_ROW * size)):
            if all(head[first + size * index] == _SYNC for index in range(_PACKETS_IN_A_ROW)):
                return size, first
    return None


@dataclass(slots=True)
class _Stream:
    """One stream of sound: the number of its last packet, and what its last unit still lacks."""

    number: int | None = None
    lacking: int | None = None


@dataclass(slots=True)
class _Survey:
    streams: dict[int, _Stream] = field(default_factory=dict)
    missing: int = 0

    def take(self, packet: bytes, pid: int) -> None:
        """Take a packet with a payload."""
        has_field = packet[3] & 0x20
        offset = 5 + packet[4] if has_field else 4
        payload = packet[offset:_BYTES]
        is_start = bool(packet[1] & 0x40)
        if is_start and pid not in self.streams and _is_sound(payload):
            self.streams[pid] = _Stream()
        stream = self.streams.get(pid)
        if stream is None:
            return
        number = packet[3] & 15
        jumps = has_field and packet[4] and packet[5] & 0x80
        if number == stream.number and not jumps:  # sent twice, as is allowed
            return
        if stream.number is not None and number != (stream.number + 1) % 16 and not jumps:
            self.missing += 1
        stream.number = number
        if is_start:
            length = int.from_bytes(payload[4:6], "big")
            stream.lacking = length + 6 - len(payload) if length else None
        elif stream.lacking is not None:
            stream.lacking -= len(payload)


def transport_damage(medium: Medium, start: int) -> Iterator[str]:
    """Yield what is wrong with the sound in a transport stream, as rests of sentences about the recording."""
    layout = packet_layout(medium.read_at(start, 1 << 12))
    if layout is None:
        return
    size, first = layout
    survey = _Survey()
    out_of_step = 0
    offset = start + first
    while data := medium.read_at(offset, _CHUNK_PACKETS * size):
        # A time code stands before its packet, so that behind the last one there is none.
        count = (len(data) + size - _BYTES) // size
        padded = data.ljust(count * size, b"\0")
        rows = np.frombuffer(padded, np.uint8, count * size).reshape(count, size)[:, :_BYTES]
        out_of_step += int(np.count_nonzero(rows[:, 0] != _SYNC))
        _take_all(rows, survey)
        offset += len(data)
    if out_of_step:
        yield f"{out_of_step} of its packets are damaged"
    if survey.missing:
        yield f"packets of its sound are missing in {survey.missing} places"
    if (medium.size - start - first) % size % _BYTES:
        yield "it ends inside a packet"
    elif any((stream.lacking or 0) > 0 for stream in survey.streams.values()):
        yield "it ends inside a unit of sound"


def _take_all(rows: Array, survey: _Survey) -> None:
    usable = (rows[:, 0] == _SYNC) & (rows[:, 1] & 0x80 == 0) & (rows[:, 3] & 0x10 != 0)
    pids = (rows[:, 1].astype(int) & 0x1F) << 8 | rows[:, 2]
    starts = usable & (rows[:, 1] & 0x40 != 0)
    sound = {int(pid) for pid in np.unique(pids[starts]) if _has_sound(rows[starts & (pids == pid)][0])}
    wanted = usable & np.isin(pids, sorted(sound | set(survey.streams)))
    for index in np.flatnonzero(wanted):
        survey.take(rows[index].tobytes(), int(pids[index]))


def _has_sound(row: Array) -> bool:
    packet = row.tobytes()
    return _is_sound(packet[5 + packet[4] if packet[3] & 0x20 else 4 :])


def _is_sound(payload: bytes) -> bool:
    if payload[:3] != _START_CODE or len(payload) < 6:  # noqa: PLR2004
        return False
    return 0xC0 <= payload[3] < 0xE0 or payload[3] in _PRIVATE  # noqa: PLR2004
