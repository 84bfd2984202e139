"""Named pipes, process substitution and standard input by its path: read once, to the end."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import soundfile

from edge_runtime.audio.load import Audio, load_audio, read_stream
from edge_runtime.errors import AudioError
from tests.support.tiny_bundle import tone

RATE = 16_000
needs_fifo = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")


def through_fifo(fifo: Path, data: bytes) -> Audio:
    os.mkfifo(fifo)

    def write() -> None:
        with contextlib.suppress(BrokenPipeError):
            fifo.write_bytes(data)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        return load_audio(fifo, RATE, 60)
    finally:
        writer.join(timeout=10)
        assert not writer.is_alive()


@needs_fifo
@pytest.mark.parametrize("form", ["WAV", "FLAC", "OGG", "MP3"])
def test_a_named_pipe_is_read_once_and_its_bytes_are_hashed(tmp_path: Path, form: str) -> None:
    path = tmp_path / "x"
    soundfile.write(path, tone(RATE), RATE, format=form)
    audio = through_fifo(tmp_path / "pipe.m4a", path.read_bytes())
    assert audio.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert audio.source == str(tmp_path / "pipe.m4a")
    assert audio.waveform.tobytes() == load_audio(path, RATE, 60).waveform.tobytes()


@needs_fifo
@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_a_named_pipe_of_a_container_ends(tmp_path: Path) -> None:
    path = tmp_path / "x.m4a"
    wav = tmp_path / "x.wav"
    soundfile.write(wav, tone(RATE), RATE)
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-i", str(wav), str(path)], check=True)
    audio = through_fifo(tmp_path / "pipe.m4a", path.read_bytes())
    assert audio.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert audio.duration_s > 1


@needs_fifo
def test_a_pipe_of_text_is_refused_by_its_first_bytes(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="it is text"):
        through_fifo(tmp_path / "pipe", b"words " * (1 << 20))


@needs_fifo
def test_an_empty_pipe_is_said_to_be_empty(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="pipe: is empty"):
        through_fifo(tmp_path / "pipe", b"")


@pytest.mark.skipif(not Path("/dev/stdin").exists(), reason="there is no /dev/stdin here")
def test_standard_input_has_a_path(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    soundfile.write(path, tone(RATE), RATE)
    program = (
        "from pathlib import Path; from edge_runtime import load_audio; "
        "print(load_audio(Path('/dev/stdin'), 16000, 60).sha256)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=path.read_bytes(), capture_output=True, check=True
    )
    assert done.stdout.decode().strip() == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("size", [1 << 20, 20 << 20])
def test_a_long_stream_goes_to_disk_and_leaves_nothing(
    tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = tmp_path / "x.wav"
    soundfile.write(path, tone(size // 2), RATE, subtype="PCM_16")
    with path.open("rb") as stream:
        audio = read_stream(stream, RATE, 1200)
    assert audio.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert list(tmp_path.iterdir()) == [path]


def test_a_stream_that_fails_is_an_error_of_the_recording() -> None:
    class Failing:
        def read(self, count: int) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(AudioError, match="-: cannot be read: Input/output error"):
        read_stream(Failing(), RATE, 60)  # type: ignore[arg-type]


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no /dev/zero here")
def test_an_endless_stream_of_no_known_kind_is_given_up_soon() -> None:
    with pytest.raises(AudioError, match="/dev/zero: more than 64 MB in a stream"):
        load_audio(Path("/dev/zero"), RATE, 60)
