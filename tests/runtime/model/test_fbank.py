"""The front end against the extractor the model was trained with, in its precision and in double."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import librosa
import msgspec
import numpy as np
import pytest
import soundfile
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import Qwen3ASRFeatureExtractor

from edge_runtime.arrays import LogMel, Waveform
from edge_runtime.model import fbank
from edge_runtime.model.fbank import Fbank, mel_filters
from tests.support.manifests import FEATURES

TOLERANCE = 5e-5
"""On sound that fills the band; what differs is the rounding of the reference's single-precision FFT.

That depends on the processor: up to 2e-5 on an AMD EPYC, 2.7e-5 on an Intel Xeon; on both the front end is as
near to double precision (`EXACT_TOLERANCE`).
"""

UNEVEN_TOLERANCE = 2e-4
"""On pure tones and short bursts, whose quiet bins drown in it; there the reference is 9e-5 off itself."""

EXACT_TOLERANCE = 1e-6
"""Against double precision; largest difference seen is 3e-7."""

torch.set_num_threads(1)  # clips this short only pay for more

FBANK = Fbank(FEATURES)
REFERENCE = Qwen3ASRFeatureExtractor()

LENGTHS = [
    *(1, 2, 159, 160, 161, 200, 201, 399, 400, 401),
    *(7839, 7840, 7999, 8000, 8001, 8159, 8160, 8161),
    *(15_999, 16_000, 16_001, 127_999, 128_000, 128_001, 128_159, 128_160),
    *(480_000, 480_161, 640_079, 1_120_000),
]


def reference(waveform: Waveform) -> LogMel:
    """Return the reference's features, its padding to whole chunks left out."""
    batch = REFERENCE(waveform, sampling_rate=16_000, padding="longest", n_window=0, return_tensors="np")
    features: LogMel = batch["input_features"][0]
    return features


def exact(waveform: Waveform) -> LogMel:
    """Return the features as the reference's recipe gives them in double precision."""
    samples = torch.from_numpy(np.pad(waveform, (0, max(0, 8000 - waveform.size)))).double()
    window = torch.hann_window(400, dtype=torch.float64)
    power = torch.stft(samples, 400, 160, window=window, return_complex=True)[:, :-1].abs() ** 2
    log_mel = (torch.from_numpy(REFERENCE.mel_filters).T @ power).clamp(min=1e-10).log10()
    normalized: LogMel = (log_mel.clamp(min=float(log_mel.max()) - 8).numpy() + 4) / 4
    return normalized


def noise(num_samples: int, seed: int = 0) -> Waveform:
    return np.random.default_rng(seed).uniform(-1, 1, num_samples).astype(np.float32)


def sines(num_samples: int, *frequencies_hz: float) -> Waveform:
    time_s = np.arange(num_samples) / 16_000
    mix = sum(np.sin(2 * np.pi * frequency_hz * time_s) for frequency_hz in frequencies_hz)
    return (mix / len(frequencies_hz)).astype(np.float32)


def impulses(num_samples: int) -> Waveform:
    waveform = np.zeros(num_samples, np.float32)
    waveform[::4321] = 1.0
    return waveform


def silence_then_noise(num_samples: int) -> Waveform:
    waveform = noise(num_samples)
    waveform[: num_samples // 2] = 0
    return waveform


SIGNALS = {
    "noise": noise(30_000),
    "whisper": noise(30_000) * np.float32(1e-5),
    "below one bit": noise(30_000) * np.float32(1e-9),
    "low tone": sines(30_000, 50.0),
    "high tone": sines(30_000, 7990.0),
    "chord": sines(30_000, 220.0, 1000.0, 3333.3),
    "full-scale square": np.sign(sines(30_000, 400.0)),
    "constant": np.ones(30_000, np.float32),
    "alternating": np.resize(np.array([1, -1], np.float32), 30_000),
    "impulses": impulses(30_000),
    "silence": np.zeros(30_000, np.float32),
    "silence then noise": silence_then_noise(30_000),
}
PURE_TONES = {"low tone", "high tone", "chord"}


@pytest.mark.parametrize("num_samples", LENGTHS)
def test_features_equal_the_reference_at_every_length(num_samples: int) -> None:
    waveform = noise(num_samples)
    np.testing.assert_allclose(FBANK(waveform), reference(waveform), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("name", SIGNALS)
def test_features_equal_the_reference_on_every_signal(name: str) -> None:
    actual = FBANK(SIGNALS[name])
    tolerance = UNEVEN_TOLERANCE if name in PURE_TONES else TOLERANCE
    np.testing.assert_allclose(actual, reference(SIGNALS[name]), rtol=0, atol=tolerance)
    assert actual.dtype == np.float32


@pytest.mark.parametrize("name", SIGNALS)
def test_features_equal_double_precision_on_every_signal(name: str) -> None:
    np.testing.assert_allclose(FBANK(SIGNALS[name]), exact(SIGNALS[name]), rtol=0, atol=EXACT_TOLERANCE)


def test_features_equal_the_reference_on_speech(speech: Path) -> None:
    waveform, _ = soundfile.read(speech, dtype="float32")
    actual = FBANK(waveform)
    np.testing.assert_allclose(actual, reference(waveform), rtol=0, atol=TOLERANCE)
    assert actual.shape == (128, 1100)
    np.testing.assert_allclose([actual.min(), actual.max()], [-0.5063, 1.4937], rtol=0, atol=1e-4)


@given(num_samples=st.integers(1, 40_000), gain_db=st.floats(-120, 0), seed=st.integers(0, 2**32 - 1))
def test_features_equal_the_reference_on_random_waveforms(
    num_samples: int, gain_db: float, seed: int
) -> None:
    waveform = noise(num_samples, seed) * np.float32(10 ** (gain_db / 20))
    actual = FBANK(waveform)
    np.testing.assert_allclose(actual, reference(waveform), rtol=0, atol=UNEVEN_TOLERANCE)
    np.testing.assert_allclose(actual, exact(waveform), rtol=0, atol=EXACT_TOLERANCE)


@given(st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=2000))
def test_features_equal_double_precision_on_arbitrary_samples(samples: list[float]) -> None:
    waveform = np.array(samples, np.float32)
    np.testing.assert_allclose(FBANK(waveform), exact(waveform), rtol=0, atol=EXACT_TOLERANCE)


@given(st.integers(1, 60_000))
def test_there_is_a_frame_per_whole_hop_and_never_less_than_half_a_second(num_samples: int) -> None:
    assert FBANK(np.zeros(num_samples, np.float32)).shape == (128, max(num_samples, 8000) // 160)


def test_audio_longer_than_thirty_seconds_is_not_cut() -> None:
    assert FBANK(noise(31 * 16_000)).shape == (128, 3100)


def test_silence_lies_at_the_floor_everywhere() -> None:
    np.testing.assert_allclose(FBANK(np.zeros(16_000, np.float32)), -1.5, rtol=1e-6)


@given(st.integers(0, 20_000))
def test_silence_behind_a_clip_changes_only_frames_that_reach_it(num_added: int) -> None:
    waveform = noise(20_000)
    longer = FBANK(np.pad(waveform, (0, num_added)))
    # A frame spans 200 samples either side of its centre.
    untouched = (20_000 - 200) // 160
    np.testing.assert_array_equal(longer[:, :untouched], FBANK(waveform)[:, :untouched])


def test_no_value_is_further_than_the_dynamic_range_below_the_loudest() -> None:
    features = FBANK(SIGNALS["silence then noise"])
    assert features.max() - features.min() == pytest.approx(FEATURES.dynamic_range / 4, abs=1e-6)


def test_mel_filters_equal_those_of_librosa() -> None:
    expected = librosa.filters.mel(
        sr=16_000, n_fft=400, n_mels=128, fmin=0, fmax=8000, htk=False, norm="slaney"
    )
    actual = mel_filters(FEATURES)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-7)
    assert (actual.sum(axis=1) > 0).all(), "a filter is empty"


def test_filters_that_fall_between_two_bins_see_nothing() -> None:
    spec = msgspec.structs.replace(FEATURES, n_fft=64, n_mels=128)
    log_mel = Fbank(spec)(noise(3200))
    seen = mel_filters(spec).any(axis=1)
    assert not seen.all()
    floor = log_mel.min()
    assert (log_mel[~seen] == floor).all()
    assert (log_mel[seen].max(axis=1) > floor).all()


SHARED_OUT = 2**18
"""Multiplications in a product up to which OpenBLAS keeps it to the calling thread."""


class Watched(np.ndarray[Any, Any]):
    """A matrix that notes how many multiplications there are in each product that it takes part in."""

    sizes: ClassVar[list[int]] = []

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        plain = [array.view(np.ndarray) if isinstance(array, Watched) else array for array in inputs]
        if ufunc is np.matmul:
            left, right = plain
            self.sizes.append(left.shape[-2] * left.shape[-1] * right.shape[-1])
        return getattr(ufunc, method)(*plain, **options)


@pytest.mark.parametrize("num_samples", [1, 8000, 320_000])
def test_features_wake_no_other_threads(monkeypatch: pytest.MonkeyPatch, num_samples: int) -> None:
    """Those of BLAS would spin for tens of milliseconds on the cores that the encoder needs next."""
    monkeypatch.setattr(fbank, "mel_filters", lambda spec: mel_filters(spec).view(Watched))
    monkeypatch.setattr(Watched, "sizes", [])
    waveform = noise(num_samples)
    np.testing.assert_array_equal(Fbank(FEATURES)(waveform), FBANK(waveform))
    assert 0 < max(Watched.sizes) <= SHARED_OUT
