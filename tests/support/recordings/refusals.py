"""What is no recording, and what the message says it is."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.support.recordings.case import BYTES, FILE, STDIN, Case
from tests.support.recordings.workshop import Workshop, clip

_UNREADABLE = "not readable as audio"


def cases(shop: Workshop) -> Iterator[Case]:
    """Yield the cases."""
    yield from _files(shop)
    yield from _paths(shop)
    yield from _lengths(shop)


def _files(shop: Workshop) -> Iterator[Case]:
    header = shop.source.read_bytes()[:44]
    empty = header[:4] + struct.pack("<I", 36) + header[8:40] + bytes(4)
    with zipfile.ZipFile(shop.folder / "archive.zip", "w") as archive:
        archive.writestr("a.wav", b"RIFF")
    contents = {
        "header.wav": (empty, "holds no samples"),
        "text.txt": (b"Call the doctor at two thirty two.\n", f"{_UNREADABLE}: it is text"),
        "list.txt": (b"a.wav\nb.wav\n", f"{_UNREADABLE}: it is text"),
        "page.mp3": (b"<!DOCTYPE html><html>404</html>", f"{_UNREADABLE}: it is text"),
        "live.m3u8": (b"#EXTM3U\n#EXTINF:3,\na.ts\n", f"{_UNREADABLE}: it is a playlist"),
        "zeros.wav": (bytes(5000), _UNREADABLE),
        "noise.mp3": (np.random.default_rng(3).bytes(5000), f"{_UNREADABLE}|damaged"),
        "image.png": (b"\x89PNG\r\n\x1a\n" + bytes(200), _UNREADABLE),
        "paper.pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(200), _UNREADABLE),
        "four bytes.wav": (b"RIFF", _UNREADABLE),
        "magic.m4a": (b"\x00\x00\x00\x18ftypM4A " + bytes(1000), "ffmpeg cannot decode it"),
        "magic.mkv": (b"\x1aE\xdf\xa3" + bytes(1000), "ffmpeg cannot decode it"),
        "magic.ogg": (b"OggS" + bytes(1000), f"{_UNREADABLE}|ffmpeg cannot decode it|damaged"),
        "archive.zip": ((shop.folder / "archive.zip").read_bytes(), _UNREADABLE),
    }
    for name, (content, error_pattern) in contents.items():
        yield Case(group="no recording", name=name, path=shop.put(name, content), error_pattern=error_pattern)
    picture = ("-f", "lavfi", "-i", "color=size=16x16:duration=1", "-c:v", "mpeg4")
    path = shop.command("picture.mp4", *picture)
    yield Case(group="no recording", name="video without sound", path=path, error_pattern="has no audio")
    nan = clip()
    nan[5] = np.nan
    path = shop.sound("nan.wav", nan, subtype="FLOAT")
    yield Case(
        group="no recording", name="NaN", path=path, error_pattern="1 of .* samples are NaN or infinite"
    )
    nothing = shop.put("nothing.wav", b"")
    yield Case(
        group="no recording", name="0 bytes", path=nothing, error_pattern="is empty", ways=(FILE, BYTES)
    )
    yield Case(
        group="no recording",
        name="nothing",
        path=nothing,
        error_pattern="nothing on standard input",
        ways=(STDIN,),
    )


def _paths(shop: Workshop) -> Iterator[Case]:
    paths = {
        "a folder": (shop.folder, "is a directory"),
        "no file": (shop.folder / "absent.wav", "no such file"),
        "a URL": (
            Path("https://example.com/a.wav"),
            "^https://example.com/a.wav: is a URL: download it first",
        ),
        "through a file": (shop.source / "a.wav", "cannot be opened"),
        "a name of 300 bytes": (shop.folder / ("n" * 300), "cannot be opened"),
        "a name with NUL": (shop.folder / "a\0.wav", "cannot be opened"),
    }
    for name, (path, error_pattern) in paths.items():
        yield Case(group="path", name=name, path=path, error_pattern=error_pattern, ways=(FILE,))


def _lengths(shop: Workshop) -> Iterator[Case]:
    for name, arguments in {
        "long.wav": [],
        "long.flac": [],
        "long.mp3": [],
        "long without a count.mp3": ["-write_xing", "0"],
        "long.ogg": ["-c:a", "libvorbis"],
        "long.m4a": [],
        "long.mkv": ["-c:a", "flac"],
    }.items():
        path = shop.ffmpeg(name, "-af", "aloop=loop=9:size=32000", *arguments)
        error_pattern = r"2\d\.\d s of audio, the bundle takes 5\.0 s"
        yield Case(group="too long", name=name, path=path, error_pattern=error_pattern, max_audio_s=5.0)
    path = shop.piped("long.piped", "-af", "aloop=loop=9:size=32000", "-f", "flac")
    error_pattern = r"more than 5\.0 s of audio, the bundle takes 5\.0 s"
    yield Case(
        group="too long",
        name="FLAC of unknown length",
        path=path,
        error_pattern=error_pattern,
        max_audio_s=5.0,
    )
