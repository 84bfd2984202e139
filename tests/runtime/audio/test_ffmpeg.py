"""Containers that only ffmpeg reads."""

from __future__ import annotations

import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_runtime.audio.decoders import ffmpeg
from edge_runtime.audio.load import load_audio, read_stream
from edge_runtime.errors import AudioError, AudioTooLongError
from tests.support.tiny_bundle import tone

RATE = 16_000
CODECS = {
    "m4a": "aac",
    "mp4": "aac",
    "mov": "aac",
    "mkv": "flac",
    "webm": "libopus",
    "ts": "mp2",
    "wma": "wmav2",
}

MP4 = b"\x00\x00\x00\x18ftypM4A "

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.wav"
    soundfile.write(path, np.stack([tone(2 * RATE)] * 2, axis=1), RATE)
    return path


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """What is taken for an MP4 and given to ffmpeg."""
    path = tmp_path / "x.m4a"
    path.write_bytes(MP4 + bytes(1000))
    return path


@pytest.fixture
def sleeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A link that leads to the process id of a decoder that never ends; it may write no file."""
    put_ffmpeg(monkeypatch, tmp_path, f"ln -s $$ {tmp_path}/pid; exec sleep 60")
    return tmp_path / "pid"


def put_ffmpeg(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    program = folder / "ffmpeg"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


def ended(sleeper: Path) -> bool:
    """Whether the decoder is gone, or will be in a moment."""
    running = Path("/proc") / str(sleeper.readlink()) / "cmdline"
    wait_for(lambda: not running.exists() or not running.read_bytes())
    return True


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def convert(source: Path, suffix: str, *arguments: str) -> Path:
    target = source.with_name(f"converted.{suffix}")
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(source), *arguments, "-y", str(target)]
    subprocess.run(command, check=True)
    return target


@needs_ffmpeg
@pytest.mark.parametrize("suffix", CODECS)
def test_a_container_gives_its_audio(source: Path, suffix: str) -> None:
    path = convert(source, suffix, "-c:a", CODECS[suffix], "-ar", "48000")
    audio = load_audio(path, RATE, 60)
    assert audio.source == str(path)
    assert audio.source_channels == 2
    assert abs(audio.duration_s - 2) < 0.1
    # Encoders delay and color the sound, but leave its pitch.
    spectrum = np.abs(np.fft.rfft(audio.waveform[:RATE] * np.hanning(RATE)))
    assert int(spectrum.argmax()) == 440


@needs_ffmpeg
def test_a_mono_container_without_conversion_is_lossless(source: Path) -> None:
    audio = load_audio(convert(source, "mkv", "-c:a", "pcm_s16le", "-ac", "1"), RATE, 60)
    np.testing.assert_allclose(audio.waveform, tone(2 * RATE), atol=2**-14)


@needs_ffmpeg
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_container_on_standard_input_is_found_from_its_bytes(source: Path, suffix: str) -> None:
    path = convert(source, suffix, "-c:a", CODECS[suffix])
    with path.open("rb") as stream:
        audio = read_stream(stream, RATE, 60)
    assert audio.source == "-"
    assert abs(audio.duration_s - 2) < 0.1
    assert audio.sha256 == load_audio(path, RATE, 60).sha256


@needs_ffmpeg
def test_a_damaged_container_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.m4a"
    path.write_bytes(MP4 + bytes(1000))
    with pytest.raises(AudioError, match=r"bad\.m4a: ffmpeg cannot decode it") as caught:
        load_audio(path, RATE, 60)
    assert "\n" not in str(caught.value)


@needs_ffmpeg
@pytest.mark.parametrize(("more_ms", "is_whole"), [(300, True), (700, False)])
def test_a_container_that_declares_more_than_it_holds_is_damaged(
    source: Path, more_ms: int, *, is_whole: bool
) -> None:
    path = convert(source, "mkv", "-c:a", "flac")
    duration = b"\x44\x89\x88"  # element and size of a double, in milliseconds
    head, tail = path.read_bytes().split(duration)
    declared_ms = struct.unpack(">d", tail[:8])[0] + more_ms
    path.write_bytes(head + duration + struct.pack(">d", declared_ms) + tail[8:])
    expected = nullcontext() if is_whole else pytest.raises(AudioError, match=r"holds 2\.00 of the 2\.70 s")
    with expected:
        load_audio(path, RATE, 60)


@needs_ffmpeg
def test_a_video_without_sound_is_said_to_have_none(tmp_path: Path) -> None:
    path = tmp_path / "silent.mp4"
    picture = ["-f", "lavfi", "-i", "color=size=16x16:duration=1", "-c:v", "mpeg4"]
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *picture, str(path)], check=True)
    with pytest.raises(AudioError, match=r"silent\.mp4: has no audio"):
        load_audio(path, RATE, 60)


@needs_ffmpeg
def test_too_long_a_container_is_refused_with_its_true_length(source: Path) -> None:
    path = convert(source, "mkv", "-c:a", "flac", "-af", "aloop=loop=20:size=32000")
    with pytest.raises(AudioTooLongError, match=r"4[12]\.\d s of audio, the bundle takes 5\.0 s"):
        load_audio(path, RATE, 5)


@needs_ffmpeg
@pytest.mark.parametrize("name", ["-i.m4a", "a b.m4a", "%03d.m4a", "file:x.m4a", "concat:a|b.m4a"])
def test_no_name_is_an_option_a_pattern_or_an_address(source: Path, name: str) -> None:
    path = convert(source, "m4a").rename(source.with_name(name))
    assert abs(load_audio(path, RATE, 60).duration_s - 2) < 0.1


@needs_ffmpeg
def test_a_name_that_is_not_utf8_is_read_like_another(source: Path) -> None:
    path = convert(source, "m4a").rename(source.with_name(os.fsdecode(b"bad\xff.m4a")))
    assert load_audio(path, RATE, 60).source == str(source.with_name("bad\ufffd.m4a"))


@needs_ffmpeg
def test_where_open_files_have_no_paths_ffmpeg_reads_by_name(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = convert(source, "m4a")
    expected = load_audio(path, RATE, 60)
    monkeypatch.setattr("os.path.isdir", lambda _: False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = set(tmp_path.iterdir())
    with path.open("rb") as stream:
        results = [load_audio(path, RATE, 60), read_stream(stream, RATE, 60)]
    assert [result.waveform.tobytes() for result in results] == [expected.waveform.tobytes()] * 2
    assert set(tmp_path.iterdir()) == before


def test_a_decoder_that_does_not_finish_is_ended(
    sleeper: Path, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ffmpeg, "TIMEOUT_S", 1)
    with pytest.raises(AudioError, match="did not finish within 1 s"):
        load_audio(recording, RATE, 60)
    assert ended(sleeper)


LOADING = """
import signal, sys
from pathlib import Path
from edge_runtime.audio.load import load_audio
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
load_audio(Path(sys.argv[1]), 16_000, 60)
"""


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_decoder_ends_with_the_process_that_started_it(sleeper: Path, recording: Path, sent: int) -> None:
    if sent == signal.SIGKILL and shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    process = subprocess.Popen([sys.executable, "-c", LOADING, str(recording)], stderr=subprocess.DEVNULL)
    wait_for(sleeper.is_symlink)
    process.send_signal(sent)
    process.wait(timeout=10)
    assert ended(sleeper)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems limit less")
def test_a_decoder_runs_under_limits(
    tmp_path: Path, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = tmp_path / "said"
    put_ffmpeg(
        monkeypatch, tmp_path, f'ln -s "$(ulimit -v) $(ulimit -t) $(ulimit -f) $(ulimit -c)" {said}; exit 1'
    )
    with pytest.raises(AudioError, match="ffmpeg cannot decode it"):
        load_audio(recording, RATE, 60)
    assert str(said.readlink()) == "1048576 300 0 0"


def test_a_decoder_is_given_one_file_one_demuxer_and_no_terminal(
    tmp_path: Path, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = tmp_path / "said"
    put_ffmpeg(monkeypatch, tmp_path, f'ln -s " $*" {said}; exit 1')
    with pytest.raises(AudioError, match="ffmpeg cannot decode it"):
        load_audio(recording, RATE, 60)
    for_input, for_output = str(said.readlink()).split(" -i file:")
    wanted = ("-nostdin", "-protocol_whitelist file", "-format_whitelist mov", "-f mov")
    assert [choice for choice in wanted if f" {choice} " not in f"{for_input} "] == []
    assert for_output.endswith(" -protocol_whitelist pipe pipe:1")


def test_without_ffmpeg_the_user_is_told_what_to_install(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AudioError, match="needs ffmpeg, which is not installed"):
        load_audio(recording, RATE, 60)
