"""Recordings without a true length in their header, with tags, joined, or taken from a running broadcast."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

from tests.support.recordings.case import Case
from tests.support.recordings.workshop import RATE, Workshop, clip

UNWRITTEN = frozenset({"length_not_written"})
MAY_BE_CUT = frozenset({"may_be_cut"})
_CBR = ("-c:a", "libmp3lame", "-b:a", "64k", "-write_xing", "0", "-id3v2_version", "0")
_PLACEHOLDERS = (0xFFFF_FFFF, 0x7FFF_FFFF, 0x8000_0000, 0x7FFF_F000)


def cases(shop: Workshop) -> Iterator[Case]:
    """Yield the cases."""
    yield from _sizes(shop)
    yield from _tags(shop)
    yield from _broadcasts(shop)
    yield from _joined(shop)


def _sizes(shop: Workshop) -> Iterator[Case]:
    data = shop.source.read_bytes()
    for size in _PLACEHOLDERS:
        path = shop.put(f"{size:x}.wav", data[:40] + struct.pack("<I", size) + data[44:])
        yield Case(group="length", name=f"WAV of {size:#x} bytes", path=path)
    killed = data[:4] + bytes(4) + data[8:40] + bytes(4) + data[44:]
    yield Case(group="length", name="WAV of 0 bytes", path=shop.put("0.wav", killed), notices=UNWRITTEN)
    wide = bytearray(shop.sound("wide.wav", format="RF64", subtype="PCM_16").read_bytes())
    wide[28:36] = bytes(8)
    yield Case(group="length", name="RF64 of 0 bytes", path=shop.put("0.rf64", bytes(wide)))
    listed = data + b"LIST" + struct.pack("<I", 4) + b"INFO"
    yield Case(group="length", name="WAV with a list behind", path=shop.put("listed.wav", listed))
    yield Case(group="length", name="WAV with junk behind", path=shop.put("junk.wav", data + b"junk" * 99))
    tagged = _id3(1000) + data
    yield Case(group="length", name="WAV behind an ID3 tag", path=shop.put("id3.wav", tagged))


def _tags(shop: Workshop) -> Iterator[Case]:
    bare = shop.ffmpeg("bare.mp3", *_CBR).read_bytes()
    counted = shop.ffmpeg("counted.mp3", "-c:a", "libmp3lame", "-b:a", "64k").read_bytes()
    old_tag = b"TAG" + bytes(125)
    variants = {
        "MP3 with a large cover": _id3(600_000) + bare,
        "MP3 with a cover and a count": _id3(600_000) + counted,
        "MP3 with two ID3 tags": _id3(500) + _id3(500) + bare,
        "MP3 with ID3v1 behind": bare + old_tag,
        "MP3 with APE and ID3v1 behind": bare + _ape(300) + old_tag,
        "MP3 with zeros behind": counted + bytes(4000),
        "MP3 with junk behind": counted + b"\x12junk" * 700,
    }
    for name, data in variants.items():
        yield Case(group="tags", name=name, path=shop.put(f"{name}.mp3", data))


def _broadcasts(shop: Workshop) -> Iterator[Case]:
    padded = np.concatenate([np.zeros(8000, np.float32), clip(), np.zeros(8000, np.float32)])
    source = shop.sound("padded.wav", padded, subtype="PCM_16")
    mp3 = shop.ffmpeg("padded.mp3", *_CBR, source=source).read_bytes()
    dump = shop.put("dump.mp3", mp3[700:-500])
    yield Case(
        group="broadcast", name="MP3 from inside a frame", path=dump, reference=padded, notices=MAY_BE_CUT
    )
    aac = shop.ffmpeg("padded.aac", "-c:a", "aac", source=source).read_bytes()
    dump = shop.put("dump.aac", aac[50:-60])
    yield Case(
        group="broadcast", name="AAC from inside a frame", path=dump, reference=padded, notices=MAY_BE_CUT
    )
    ogg = shop.ffmpeg("live.ogg", "-c:a", "libvorbis").read_bytes()
    endless = ogg[: ogg.rindex(b"OggS")]
    path = shop.put("endless.ogg", endless)
    yield Case(group="broadcast", name="Ogg without its last page", path=path, notices=MAY_BE_CUT)


def _joined(shop: Workshop) -> Iterator[Case]:
    both = np.concatenate([clip(), clip()])
    for name, arguments in {
        "vorbis.ogg": ["-c:a", "libvorbis"],
        "opus.opus": ["-c:a", "libopus"],
        "counted.mp3": ["-c:a", "libmp3lame"],
        "bare.mp3": list(_CBR),
        "wav.wav": ["-c:a", "pcm_s16le"],
        "flac.flac": ["-c:a", "flac"],
        "aac.aac": ["-c:a", "aac"],
    }.items():
        one = shop.ffmpeg(f"one {name}", *arguments).read_bytes()
        path = shop.put(f"joined {name}", one + one)
        # Each file of AAC begins with silence of its encoder, which this container cannot tell from sound.
        duration_s = None if name == "aac.aac" else both.size / RATE
        yield Case(group="joined", name=f"twice {name}", path=path, reference=both, duration_s=duration_s)
    slow = shop.ffmpeg("slow.ogg", "-c:a", "libvorbis", "-ar", "44100", "-ac", "2").read_bytes()
    fast = shop.ffmpeg("fast.ogg", "-c:a", "libvorbis").read_bytes()
    path = shop.put("joined rates.ogg", slow + fast)
    yield Case(
        group="joined", name="Ogg of two rates", path=path, reference=both, duration_s=both.size / RATE
    )


def _id3(size: int) -> bytes:
    """Return an ID3v2 tag with a cover of `size` bytes, some of which look like a frame of MP3."""
    cover = (b"\xff\xfb\x90\x00" + bytes(96)) * (size // 100)
    frame = b"APIC" + (len(cover)).to_bytes(4, "big") + bytes(2) + cover
    length = len(frame)
    parts = bytes(length >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + parts + frame


def _ape(size: int) -> bytes:
    fields = struct.pack("<IIII", 2000, size + 32, 1, 0xA0000000) + bytes(8)
    footer = struct.pack("<IIII", 2000, size + 32, 1, 0x80000000) + bytes(8)
    return b"APETAGEX" + fields + bytes(size) + b"APETAGEX" + footer
