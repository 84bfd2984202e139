"""Recordings from files, standard input and arrays."""

from __future__ import annotations

import hashlib
import io
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_runtime.arrays import Array
from edge_runtime.audio.load import Audio, from_array, load_audio, read_stream
from edge_runtime.errors import AudioError, AudioNotFoundError, AudioTooLongError
from tests.support.tiny_bundle import tone

RATE = 16_000
LOSSLESS = [("wav", "PCM_16"), ("wav", "PCM_24"), ("wav", "FLOAT"), ("wav", "DOUBLE"), ("wav", "ULAW"),
            ("flac", "PCM_16"), ("aiff", "PCM_16"), ("au", "PCM_16"), ("caf", "PCM_16")]  # fmt: skip
COMPRESSED = ["ogg", "mp3"]


def load(path: Path, max_audio_s: float = 60) -> Audio:
    return load_audio(path, RATE, max_audio_s)


def read(data: bytes, max_audio_s: float = 60) -> Audio:
    return read_stream(io.BytesIO(data), RATE, max_audio_s)


def wav_bytes(samples: Array, rate: int = RATE) -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, samples, rate, format="WAV", subtype="PCM_16")
    return stream.getvalue()


@pytest.mark.parametrize(("suffix", "subtype"), LOSSLESS)
def test_every_lossless_format_gives_its_samples(tmp_path: Path, suffix: str, subtype: str) -> None:
    path = tmp_path / f"tone.{suffix}"
    soundfile.write(path, tone(RATE), RATE, subtype=subtype)
    tolerance = 2e-2 if subtype == "ULAW" else 2**-15
    np.testing.assert_allclose(load(path).waveform, tone(RATE), atol=tolerance)


@pytest.mark.parametrize("suffix", COMPRESSED)
def test_every_lossy_format_gives_nearly_its_samples(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"tone.{suffix}"
    soundfile.write(path, tone(RATE), RATE)
    audio = load(path)
    assert audio.waveform.size == RATE
    np.testing.assert_allclose(audio.waveform[2000:-2000], tone(RATE)[2000:-2000], atol=5e-2)


def test_a_recording_says_where_it_came_from(tmp_path: Path) -> None:
    path = tmp_path / "stereo.wav"
    soundfile.write(path, np.stack([tone(8000), -tone(8000)], axis=1), 8000)
    audio = load(path)
    assert (audio.source, audio.source_rate, audio.source_channels) == (str(path), 8000, 2)
    assert (audio.sample_rate, audio.duration_s) == (RATE, 1.0)
    assert audio.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert np.abs(audio.waveform).max() < 1e-4, "the mean of a sound and its opposite is silence"


@pytest.mark.parametrize("rate", [8000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("channels", [1, 2, 5])
def test_every_rate_and_channel_count_becomes_one_channel_at_the_models_rate(
    tmp_path: Path, rate: int, channels: int
) -> None:
    path = tmp_path / "x.wav"
    soundfile.write(path, np.tile(tone(rate, 440, rate)[:, None], channels), rate)
    audio = load(path)
    assert abs(audio.waveform.size - RATE) <= 1
    np.testing.assert_allclose(audio.waveform[1000:-1000], tone(RATE)[1000:15_000], atol=5e-3)


def test_the_format_is_found_from_the_content_not_from_the_name(tmp_path: Path) -> None:
    path = tmp_path / "flac.wav"
    soundfile.write(path, tone(RATE), RATE, format="FLAC")
    assert load(path).duration_s == 1.0


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(AudioNotFoundError, match="no such file") as caught:
        load(tmp_path / "absent.wav")
    assert isinstance(caught.value, FileNotFoundError)


def test_a_directory_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="is a directory"):
        load(tmp_path)


def test_a_path_through_a_file_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AudioError, match="cannot be opened"):
        load(tmp_path / "file" / "x.wav")


@pytest.mark.parametrize("content", [b"Hello, this is text.\n" * 100, b"\x00" * 1000, b"RIFF"])
@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".flac", ".raw", ".txt", ""])
def test_what_is_no_audio_is_refused_with_its_name(tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"notes{suffix}"
    path.write_bytes(content)
    with pytest.raises(AudioError, match=f"notes{suffix}: not readable as audio"):
        load(path)


@pytest.mark.parametrize("channels", [1, 2])
def test_a_file_without_samples_is_said_to_hold_none(tmp_path: Path, channels: int) -> None:
    path = tmp_path / "empty.wav"
    soundfile.write(path, np.zeros((0, channels)), RATE)
    with pytest.raises(AudioError, match="no samples"):
        load(path)


def test_samples_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "nan.wav"
    soundfile.write(path, np.full(100, np.nan, np.float32), RATE, subtype="FLOAT")
    with pytest.raises(AudioError, match=r"nan\.wav: 100 of 100 samples are NaN"):
        load(path)


@pytest.mark.parametrize("suffix", ["wav", "aiff", "au", "flac", "caf", "mp3"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_file_that_was_cut_off_is_refused_and_not_half_transcribed(
    tmp_path: Path, suffix: str, share: float
) -> None:
    path = tmp_path / f"cut.{suffix}"
    soundfile.write(path, tone(5 * RATE), RATE)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(AudioError, match=r"damaged|not readable"):
        load(path)


def test_too_long_audio_is_refused_before_it_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "long.wav"
    soundfile.write(path, tone(3 * RATE), RATE)
    monkeypatch.setattr(soundfile.SoundFile, "read", lambda *_, **__: pytest.fail("decoded"))
    with pytest.raises(AudioTooLongError, match=r"3\.0 s of audio, the bundle takes 2\.0 s"):
        load(path, max_audio_s=2)


def test_audio_of_exactly_the_longest_length_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    soundfile.write(path, tone(2 * RATE), RATE)
    assert load(path, max_audio_s=2).duration_s == 2.0


def test_a_stream_is_read_like_a_file() -> None:
    data = wav_bytes(tone(RATE))
    audio = read(data)
    assert (audio.source, audio.duration_s) == ("-", 1.0)
    assert audio.sha256 == hashlib.sha256(data).hexdigest()
    np.testing.assert_allclose(audio.waveform, tone(RATE), atol=2**-15)


@pytest.mark.parametrize("placeholder", [0xFFFF_FFFF, 0x8000_0000, 0x7FFF_F000])
def test_a_stream_whose_writer_could_not_know_its_length_is_taken(placeholder: int) -> None:
    data = bytearray(wav_bytes(tone(RATE)))
    data[40:44] = struct.pack("<I", placeholder)
    assert read(bytes(data)).duration_s == 1.0


@pytest.mark.parametrize("data", [b"garbage" * 100, b"R", wav_bytes(tone(100))[:30]])
def test_a_stream_of_something_else_is_refused(data: bytes) -> None:
    with pytest.raises(AudioError, match=r"^-: not readable as audio"):
        read(data)


def test_an_empty_stream_is_said_to_be_empty() -> None:
    with pytest.raises(AudioError, match="nothing on standard input"):
        read(b"")


def test_a_stream_of_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_runtime.audio.decode.MAX_STREAM_BYTES", 1000)
    with pytest.raises(AudioTooLongError, match="in a stream"):
        read(wav_bytes(tone(RATE)) + bytes(1 << 16))


def test_too_long_a_stream_is_refused() -> None:
    with pytest.raises(AudioTooLongError, match=r"^-: 3\.0 s"):
        read(wav_bytes(tone(3 * RATE)), max_audio_s=2)


@pytest.mark.parametrize(
    ("shape", "channels"), [((16_000,), 1), ((16_000, 1), 1), ((16_000, 5), 5), ((2, 900), 2)]
)
def test_an_array_is_taken_with_its_channels(shape: tuple[int, ...], channels: int) -> None:
    audio = from_array(np.zeros(shape, np.int16), RATE, RATE, 60)
    assert (audio.source_channels, audio.source, audio.sha256) == (channels, None, None)
    assert audio.waveform.size == max(shape)


def test_too_long_an_array_is_refused() -> None:
    with pytest.raises(AudioTooLongError, match=r"The audio: 3\.0 s"):
        from_array(tone(3 * RATE), RATE, RATE, 2)
