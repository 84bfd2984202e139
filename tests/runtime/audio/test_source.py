"""What callers hand over as a recording, and what they are told where it is none."""

from __future__ import annotations

import array
import io
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from edge_runtime.audio.load import Audio, load_audio
from edge_runtime.audio.source import AudioSource, load_source
from edge_runtime.errors import AudioError, AudioNotFoundError, AudioTooLongError, AudioTypeError, UsageError
from tests.support.tiny_bundle import tone

RATE = 16_000
SAMPLES = tone(RATE)


def load(audio: AudioSource, sample_rate: int | None = None) -> Audio:
    return load_source(audio, sample_rate, RATE, 30.0)


def encoded(subtype: str = "FLOAT") -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, SAMPLES, RATE, subtype, format="WAV")
    return stream.getvalue()


class PathOfBytes:
    """A path object whose name is bytes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __fspath__(self) -> bytes:
        return os.fsencode(self._path)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.wav"
    path.write_bytes(encoded())
    return path


@pytest.mark.parametrize("of", [str, Path, PathOfBytes])
def test_a_path_is_a_string_or_any_path_object(clip: Path, of: Any) -> None:
    audio = load(of(clip))
    np.testing.assert_array_equal(audio.waveform, SAMPLES)
    assert audio.source == str(clip)


@pytest.mark.parametrize("of", [bytes, bytearray, memoryview, io.BytesIO])
def test_bytes_are_the_content_of_a_file(of: Any) -> None:
    audio = load(of(encoded()))
    np.testing.assert_array_equal(audio.waveform, SAMPLES)
    assert audio.source is None
    assert audio.sha256 is not None


def test_an_open_file_is_read_from_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "behind.bin"
    path.write_bytes(b"head" + encoded())
    with path.open("rb") as file:
        file.seek(4)
        audio = load(file)
    np.testing.assert_array_equal(audio.waveform, SAMPLES)
    assert audio.source == str(path)


def test_a_name_given_as_bytes_is_told_from_content(clip: Path) -> None:
    with pytest.raises(UsageError, match=re.escape("Pass os.fsdecode(name)")):
        load(os.fsencode(clip))


PAIRS = [
    (RATE, SAMPLES),
    (SAMPLES, RATE),
    (np.int64(RATE), SAMPLES),
    (SAMPLES, float(RATE)),
    (RATE, SAMPLES.tolist()),
]


@pytest.mark.parametrize("pair", PAIRS)
def test_samples_and_rate_are_a_pair_in_either_order(pair: Any) -> None:
    np.testing.assert_array_equal(load(pair).waveform, SAMPLES)
    np.testing.assert_array_equal(load(pair, RATE).waveform, SAMPLES)


def test_two_rates_that_differ_are_refused() -> None:
    with pytest.raises(UsageError, match="sample_rate=8000 contradicts the rate 16000"):
        load((RATE, SAMPLES), 8000)


@pytest.mark.parametrize("rate", [0, -1, 16_000.5, float("nan"), float("inf"), "16000", True])
def test_a_rate_that_cannot_be_meant_is_refused(rate: Any) -> None:
    with pytest.raises(UsageError, match="whole number of Hz"):
        load(SAMPLES, rate)


@pytest.mark.parametrize(
    ("dtype", "subtypes"),
    [
        ("int16", ["PCM_S8", "PCM_16"]),
        ("int32", ["PCM_S8", "PCM_16", "PCM_24"]),
        ("float32", ["PCM_16", "PCM_24", "FLOAT"]),
        ("float64", ["PCM_16", "PCM_24", "FLOAT"]),
    ],
)
def test_samples_of_every_type_are_scaled_as_soundfile_scales(dtype: str, subtypes: list[str]) -> None:
    for subtype in subtypes:
        stream = io.BytesIO()
        soundfile.write(stream, SAMPLES, RATE, subtype, format="WAV" if subtype == "FLOAT" else "FLAC")
        samples, rate = soundfile.read(io.BytesIO(stream.getvalue()), dtype=dtype)
        expected, _ = soundfile.read(io.BytesIO(stream.getvalue()), dtype="float32")
        np.testing.assert_array_equal(load((samples, rate)).waveform, expected)


@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_frames_by_channels_are_averaged(dtype: str) -> None:
    stereo = np.stack([SAMPLES, np.zeros_like(SAMPLES)], axis=1)
    samples = (stereo * 2**15).astype("int16") if dtype == "int16" else stereo
    audio = load(samples, RATE)
    assert (audio.source_channels, audio.waveform.shape) == (2, SAMPLES.shape)
    np.testing.assert_allclose(audio.waveform, SAMPLES / 2, atol=2**-15)


def test_lists_arrays_and_views_of_numbers_are_samples() -> None:
    whole = (SAMPLES * 2**15).astype("int16")
    for samples in (array.array("h", whole.tolist()), memoryview(whole), whole):
        np.testing.assert_array_equal(load(samples, RATE).waveform, whole / np.float32(2**15))
    np.testing.assert_array_equal(load(SAMPLES.tolist(), RATE).waveform, SAMPLES)
    assert load([[0.1, 0.3]] * RATE, RATE).source_channels == 2


def test_tensors_are_taken_by_their_array() -> None:
    torch = pytest.importorskip("torch")
    np.testing.assert_array_equal(load(torch.from_numpy(SAMPLES), RATE).waveform, SAMPLES)
    np.testing.assert_array_equal(load((torch.from_numpy(SAMPLES[None]), RATE)).waveform, SAMPLES)
    with pytest.raises(AudioTypeError, match="requires grad"):
        load(torch.from_numpy(SAMPLES.copy()).requires_grad_(), RATE)


def test_samples_without_their_rate_are_told_what_to_pass() -> None:
    for samples in (SAMPLES, SAMPLES.tolist(), memoryview(SAMPLES)):
        with pytest.raises(UsageError, match=re.escape("Pass sample_rate=… in Hz, or (rate, samples)")):
            load(samples)


@pytest.mark.parametrize(
    "wrong", [None, 3, 1.5, object(), {"array": SAMPLES}, (), (1, 2), (SAMPLES, SAMPLES), (1, 2, 3)]
)
def test_what_is_no_recording_is_a_type_error_that_says_what_is(wrong: Any) -> None:
    with pytest.raises(TypeError, match="Accepted are a path, the bytes of an audio file") as caught:
        load(wrong)
    assert isinstance(caught.value, UsageError)


@pytest.mark.parametrize(
    "wrong", [None, 3, ["abc"], [[0.1], [0.1, 0.2]], np.zeros(4, bool), np.zeros(4, complex)]
)
def test_what_is_no_samples_is_refused_with_a_rate_too(wrong: Any) -> None:
    with pytest.raises(AudioTypeError, match="Accepted are"):
        load(wrong, RATE)


def test_a_list_of_files_is_sent_to_the_call_for_several() -> None:
    with pytest.raises(AudioTypeError, match="transcribe_each"):
        load(["a.wav", "b.wav"], RATE)


def test_integers_without_a_full_scale_and_stacks_of_recordings_are_refused() -> None:
    with pytest.raises(UsageError, match=r"int64 have no known full scale.*numpy\.int16"):
        load([0, 1000, -1000], RATE)
    with pytest.raises(UsageError, match="Pass one recording"):
        load(np.zeros((2, 1, RATE), np.float32), RATE)


def test_a_file_open_as_text_is_refused(clip: Path) -> None:
    with clip.open("r", encoding="latin-1") as file, pytest.raises(AudioTypeError, match="mode 'rb'"):
        load(file)
    with pytest.raises(AudioTypeError, match="mode 'rb'"):
        load(io.StringIO("text"))


def test_an_asynchronous_upload_is_told_what_to_pass() -> None:
    class Upload:
        async def read(self, size: int) -> bytes:
            return b""

    with pytest.raises(AudioTypeError, match=r"Pass the file inside it \(\.file\)"):
        load(Upload())  # type: ignore[arg-type]


@pytest.mark.parametrize("of", [bytes, io.BytesIO])
@pytest.mark.parametrize("content", [b"", b"no audio at all", b"RIFF"])
def test_content_that_is_no_audio_is_no_standard_input(of: Any, content: bytes) -> None:
    with pytest.raises(AudioError, match=r"^The audio: ") as caught:
        load(of(content))
    assert "standard input" not in str(caught.value)


def test_a_name_with_a_null_byte_is_a_file_that_is_not_there() -> None:
    with pytest.raises(AudioNotFoundError, match="no file has such a name"):
        load("a\0.wav")


def test_audio_that_was_loaded_for_another_model_is_refused(clip: Path) -> None:
    loaded = load_audio(clip, RATE, 30.0)
    assert load(loaded) is loaded
    with pytest.raises(UsageError, match="loaded at 8000 Hz, and the model takes 16000 Hz"):
        load(load_audio(clip, 8000, 30.0))
    with pytest.raises(AudioTooLongError, match=r"1\.0 s of audio, the bundle takes 0\.5 s"):
        load_source(loaded, None, RATE, 0.5)
