"""Containers that only ffmpeg reads."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_runtime.audio import ffmpeg
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

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.wav"
    soundfile.write(path, np.stack([tone(2 * RATE)] * 2, axis=1), RATE)
    return path


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
    path.write_bytes(b"\x00\x00\x00\x18ftypM4A " + bytes(1000))
    with pytest.raises(AudioError, match=r"bad\.m4a: ffmpeg cannot decode it") as caught:
        load_audio(path, RATE, 60)
    assert "\n" not in str(caught.value)


@needs_ffmpeg
def test_a_video_without_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "silent.mp4"
    picture = ["-f", "lavfi", "-i", "color=size=16x16:duration=1", "-c:v", "mpeg4"]
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *picture, str(path)], check=True)
    with pytest.raises(AudioError, match="ffmpeg cannot decode it"):
        load_audio(path, RATE, 60)


@needs_ffmpeg
def test_too_long_a_container_is_refused_and_only_its_beginning_decoded(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = convert(source, "mkv", "-c:a", "flac", "-af", "aloop=loop=20:size=32000")
    decoded: list[int] = []
    decode = ffmpeg.decode_to_wav

    def watched(media: Path, target: Path, max_audio_s: float) -> None:
        decode(media, target, max_audio_s)
        decoded.append(soundfile.info(target).frames)

    monkeypatch.setattr(ffmpeg, "decode_to_wav", watched)
    with pytest.raises(AudioTooLongError, match=r"the bundle takes 5\.0 s"):
        load_audio(path, RATE, 5)
    assert decoded == [6 * RATE]


def test_a_decoder_that_does_not_finish_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text(f"#!/bin/sh\necho $$ >{tmp_path}/pid\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(ffmpeg, "TIMEOUT_S", 1)
    path = tmp_path / "x.m4a"
    path.write_bytes(b"anything")
    with pytest.raises(AudioError, match="did not finish within 1 s"):
        load_audio(path, RATE, 60)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_without_ffmpeg_the_user_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.m4a"
    path.write_bytes(b"anything")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AudioError, match="needs ffmpeg, which is not installed"):
        load_audio(path, RATE, 60)
