"""Where the samples of a WAV lie, for headers that recorders and pipes leave behind."""

from __future__ import annotations

import struct

import pytest

from edge_runtime.audio.formats.riff import wav_layout, with_size
from tests.support.media import medium_of

PCM, EXTENSIBLE, MP3 = 1, 0xFFFE, 0x55
NUM_BYTES = 40
SAMPLES = bytes(range(NUM_BYTES))


def form(order: str = "<", codec: int = PCM) -> bytes:
    return struct.pack(order + "HHIIHH", codec, 1, 16_000, 32_000, 2, 16)


def chunk(name: bytes, content: bytes, size: int | None = None, order: str = "<") -> bytes:
    return name + struct.pack(order + "I", len(content) if size is None else size) + content


def wav(*chunks: bytes, magic: bytes = b"RIFF") -> bytes:
    return magic + b"\xff\xff\xff\xff" + b"WAVE" + b"".join(chunks)


def data(size: int | None = None, order: str = "<") -> bytes:
    return chunk(b"data", SAMPLES, size, order)


FMT = chunk(b"fmt ", form())
DS64 = chunk(b"ds64", struct.pack("<QQQ", 0, NUM_BYTES, 0))
LAYOUTS = {
    "as it should be": (wav(FMT, data()), NUM_BYTES, NUM_BYTES, False),
    "a chunk of odd size before": (
        wav(FMT, chunk(b"LIST", b"abc") + b"\0", data()),
        NUM_BYTES,
        NUM_BYTES,
        False,
    ),
    "cut": (wav(FMT, data(100)), 100, NUM_BYTES, False),
    "never written": (wav(FMT, data(0)), 0, NUM_BYTES, True),
    "empty, with something behind": (wav(FMT, data(0)[:8], chunk(b"LIST", bytes(10))), 0, 0, False),
    "of a pipe": (wav(FMT, data(0xFFFF_FFFF)), None, NUM_BYTES, False),
    "of 64 bits": (wav(DS64, FMT, data(0xFFFF_FFFF), magic=b"RF64"), NUM_BYTES, NUM_BYTES, False),
    "of 64 bits, never written": (
        wav(DS64[:8] + bytes(24), FMT, data(0xFFFF_FFFF), magic=b"RF64"),
        None,
        NUM_BYTES,
        True,
    ),
    "big endian": (
        wav(chunk(b"fmt ", form(">"), order=">"), data(order=">"), magic=b"RIFX"),
        NUM_BYTES,
        NUM_BYTES,
        False,
    ),
}
"""File, bytes that it declares, bytes that are there, and whether its size is to be written."""


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("start", [0, 9])
def test_samples_are_found_and_counted(name: str, start: int) -> None:
    file, declared, available, needs_size = LAYOUTS[name]
    layout = wav_layout(medium_of(bytes(start) + file), start)
    assert layout is not None
    assert (layout.declared, layout.available, layout.needs_size) == (declared, available, needs_size)
    assert layout.codec == PCM
    if available:
        assert (bytes(start) + file)[layout.start : layout.stop] == SAMPLES


@pytest.mark.parametrize(
    "file",
    [
        wav(FMT),
        wav(data()),
        wav(data(), FMT),
        wav(chunk(b"fmt ", b"short"), data()),
        wav(FMT, b"dat"),
        b"RIFF",
        wav(*[chunk(b"junk", b"")] * 5000, FMT, data()),
    ],
    ids=range(7),
)
def test_a_wav_without_samples_or_format_has_no_layout(file: bytes) -> None:
    assert wav_layout(medium_of(file), 0) is None


def test_the_codec_of_an_extended_format_is_that_of_its_extension() -> None:
    extension = struct.pack("<HHIH", 22, 16, 4, MP3)
    for content, codec in ((form(codec=EXTENSIBLE) + extension, MP3), (form(codec=EXTENSIBLE), EXTENSIBLE)):
        layout = wav_layout(medium_of(wav(chunk(b"fmt ", content), data())), 0)
        assert layout is not None
        assert layout.codec == codec


@pytest.mark.parametrize("name", ["never written", "of 64 bits, never written", "big endian"])
def test_a_size_is_written_where_it_belongs_in_the_order_of_the_file(name: str) -> None:
    medium = medium_of(LAYOUTS[name][0])
    layout = wav_layout(medium, 0)
    assert layout is not None
    pieces = with_size(medium, layout, start=0)
    whole = b"".join(
        each if isinstance(each, bytes) else medium.read_at(each.start, len(each)) for each in pieces
    )
    assert len(whole) == medium.size
    written = wav_layout(medium_of(whole), 0)
    assert written is not None
    assert (written.declared, written.available) == (NUM_BYTES, NUM_BYTES)
