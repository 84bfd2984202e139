"""Recordings with a few bytes changed, the same ones for the same number."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Final

_VALUES: Final = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF)
_HEADER_BYTES: Final = 256


def mutant(seeds: Sequence[bytes], number: int) -> bytes:
    """Return one of the recordings, changed in one to four ways.

    Args:
        seeds: whole recordings.
        number: chooses the recording and the changes.
    """
    chance = random.Random(number)  # noqa: S311  # not a secret
    data = bytearray(seeds[number % len(seeds)])
    for _ in range(chance.randint(1, 4)):
        if data:
            chance.choice(_CHANGES)(data, chance)
    return bytes(data)


def _flip(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 16)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _flip_header(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 4)):
        data[chance.randrange(min(len(data), _HEADER_BYTES))] = chance.randrange(256)


def _set_field(data: bytearray, chance: random.Random) -> None:
    width = chance.choice((1, 2, 4, 8))
    at = chance.randrange(min(len(data), 4 * _HEADER_BYTES))
    value = chance.choice(_VALUES) & ((1 << 8 * width) - 1)
    data[at : at + width] = value.to_bytes(width, chance.choice(("big", "little")))


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data)) :]


def _remove(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    del data[at : at + chance.randint(1, 2000)]


def _repeat(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    data[at:at] = data[at : at + chance.randint(1, 2000)] * chance.randint(1, 4)


def _insert(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    data[at:at] = chance.randbytes(chance.randint(1, 500))


def _overwrite(data: bytearray, chance: random.Random) -> None:
    at, count = chance.randrange(len(data)), chance.randint(1, 500)
    filler = chance.choice((bytes(count), b"\xff" * count, chance.randbytes(count)))
    data[at : at + count] = filler[: max(0, len(data) - at)]


_CHANGES: Final[tuple[Callable[[bytearray, random.Random], None], ...]] = (
    _flip,
    _flip_header,
    _set_field,
    _cut,
    _remove,
    _repeat,
    _insert,
    _overwrite,
)
