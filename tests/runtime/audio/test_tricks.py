"""Files that name other files: none of those is opened."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
import soundfile

from edge_runtime.audio.load import load_audio, read_stream
from edge_runtime.errors import AudioError
from tests.support.recordings.tricks import tricks
from tests.support.tiny_bundle import tone

RATE = 16_000
NAMES = [name for name, _ in tricks(Path("/other.wav"))]


@pytest.fixture
def other(tmp_path: Path) -> Path:
    path = tmp_path / "other.wav"
    soundfile.write(path, tone(RATE), RATE)
    # Before the epoch of any reading: an access time that is older than the last change is always renewed.
    os.utime(path, ns=(0, path.stat().st_mtime_ns))
    return path


def test_there_are_as_many_as_are_promised() -> None:
    assert len(NAMES) == len(set(NAMES)) >= 35


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_names_another_is_refused_and_the_other_not_read(other: Path, name: str) -> None:
    content = dict(tricks(other))[name]
    path = other.with_name(name)
    path.write_bytes(content)
    with pytest.raises(AudioError, match=r"not readable as audio|cannot decode|no samples|no audio|damaged"):
        load_audio(path, RATE, 60)
    with pytest.raises(AudioError):
        read_stream(io.BytesIO(content), RATE, 60)
    assert other.stat().st_atime_ns == 0


@pytest.mark.parametrize("content", [b"#EXTM3U\n/x.wav\n", b"<MPD></MPD>", b"ffconcat version 1.0\nfile x\n"])
def test_a_playlist_is_called_one(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "upload.mp4"
    path.write_bytes(content)
    with pytest.raises(AudioError, match=r"upload\.mp4: not readable as audio: it is a playlist"):
        load_audio(path, RATE, 60)
