"""Small files that claim to be, or become, very large ones."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from tests.support.recordings.workshop import RATE, Workshop


def bombs(shop: Workshop, *, large: bool) -> Iterator[tuple[str, Path]]:
    """Yield the name and the path of each.

    Args:
        shop: where they are made.
        large: also those that are decoded for half a minute.
    """
    yield "silence of 20 minutes", _silence(shop, RATE, 1, 1199)
    yield "silence of 8 channels", _silence(shop, 48_000, 8, 120)
    if large:
        yield "silence of 20 minutes, 8 channels at 96 kHz", _silence(shop, 96_000, 8, 1199)
    yield from _lies(shop)


def _silence(shop: Workshop, rate: int, channels: int, seconds: int) -> Path:
    path = shop.folder / f"{rate}-{channels}-{seconds}.flac"
    block = np.zeros((rate, channels), np.int16)
    with soundfile.SoundFile(path, "w", rate, channels, "PCM_16") as file:
        for _ in range(seconds):
            file.write(block)
    return path


def _lies(shop: Workshop) -> Iterator[tuple[str, Path]]:
    """Yield recordings whose headers promise more than there is."""
    flac = bytearray(shop.sound("flac.flac", format="FLAC").read_bytes())
    for samples in (2**36 - 1, 2**35, RATE * 1100, RATE * 3_000_000):
        flac[21] = flac[21] & 0xF0 | samples >> 32 & 0x0F
        flac[22:26] = struct.pack(">I", samples & 0xFFFF_FFFF)
        yield f"FLAC of {samples}", shop.put(f"{samples}.flac", bytes(flac))
    for form, offset, order in (("WAV", 40, "<"), ("AIFF", 22, ">"), ("AU", 8, ">")):
        data = bytearray(shop.sound(f"lie.{form}", format=form).read_bytes())
        for size in (0x7FFF_FFFE, 0xFFFF_FFFE, 0x4000_0000, 1):
            data[offset : offset + 4] = struct.pack(f"{order}I", size)
            yield f"{form} of {size:#x}", shop.put(f"{form}-{size}", bytes(data))
    wav = bytearray(shop.sound("channels.wav", subtype="PCM_16").read_bytes())
    for channels, rate in ((1024, RATE), (65_535, RATE), (1, 2**32 - 1), (1, 1), (0, RATE), (1, 0)):
        wav[22:28] = struct.pack("<HI", channels, rate)
        yield f"WAV of {channels} channels at {rate} Hz", shop.put(f"{channels}-{rate}.wav", bytes(wav))
