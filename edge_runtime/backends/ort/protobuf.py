"""The wire format of protocol buffers: fields of a message, and messages from fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

VARINT: Final = 0
LENGTH_DELIMITED: Final = 2
_FIXED: Final = {1: 8, 5: 4}
_MAX_VARINT_BYTES: Final = 10


class Field(NamedTuple):
    """One field.

    Attributes:
        number: its number.
        kind: how it is encoded.
        value: of a varint; the number of bytes of other kinds.
        start: where it begins, with its tag.
        content: where its content begins.
        end: where it ends.
    """

    number: int
    kind: int
    value: int
    start: int
    content: int
    end: int


def fields(data: bytes, start: int, end: int) -> Iterator[Field]:
    """Yield the fields of a message.

    Args:
        data: holds the message.
        start: where it begins.
        end: where it ends.

    Raises:
        ValueError: it is none.
    """
    place = start
    while place < end:
        first = place
        tag, place = _varint(data, place, end)
        kind, value = tag & 7, 0
        content = place
        if kind == VARINT:
            value, place = _varint(data, place, end)
        elif kind == LENGTH_DELIMITED:
            value, content = _varint(data, place, end)
            place = content + value
        elif kind in _FIXED:
            place = content + _FIXED[kind]
        else:
            raise ValueError(f"field of kind {kind}")
        if place > end:
            raise ValueError("a field is longer than its message")
        yield Field(tag >> 3, kind, value, first, content, place)


def encode_field(number: int, content: bytes) -> bytes:
    """Return a field of bytes or of a message."""
    return _encode_varint(number << 3 | LENGTH_DELIMITED) + _encode_varint(len(content)) + content


def _varint(data: bytes, place: int, end: int) -> tuple[int, int]:
    """Return a number, and where it ends.

    Raises:
        ValueError: it does not end.
    """
    value = shift = 0
    for index in range(place, min(end, place + _MAX_VARINT_BYTES)):
        byte = data[index]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the last byte of a number has no high bit
            return value, index + 1
        shift += 7
    raise ValueError("a number does not end")


def _encode_varint(value: int) -> bytes:
    data = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - as above
        data.append(value & 0x7F | 0x80)
        value >>= 7
    data.append(value)
    return bytes(data)
