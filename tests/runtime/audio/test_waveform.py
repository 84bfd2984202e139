"""Any samples to one mono waveform."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
import soxr
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.arrays import Array, Waveform
from edge_runtime.audio.waveform import to_waveform
from edge_runtime.errors import AudioError
from tests.support.tiny_bundle import tone

INTEGERS = [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64]
RATES = [8000, 11_025, 12_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000]


def noise(*shape: int) -> Array:
    return np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)


def test_mono_samples_at_the_right_rate_are_left_alone() -> None:
    np.testing.assert_array_equal(to_waveform(noise(1000), 16_000, 16_000), noise(1000))


@pytest.mark.parametrize("channels", range(1, 9))
def test_channels_are_averaged_whichever_way_round_they_lie(channels: int) -> None:
    samples = noise(1000, channels)
    expected = samples.mean(axis=1)
    np.testing.assert_allclose(to_waveform(samples, 16_000, 16_000), expected, atol=1e-7)
    np.testing.assert_allclose(to_waveform(samples.T, 16_000, 16_000), expected, atol=1e-7)


@pytest.mark.parametrize(("shape", "num_samples"), [((8, 9), 9), ((9, 10), 9), ((8, 8), 8), ((2, 1), 2)])
def test_few_rows_of_many_columns_are_channels(shape: tuple[int, int], num_samples: int) -> None:
    assert to_waveform(noise(*shape), 16_000, 16_000).shape == (num_samples,)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_are_scaled_by_the_full_range_of_their_type(dtype: type[np.integer]) -> None:
    info = np.iinfo(dtype)
    middle = 0 if info.min else info.max // 2 + 1
    half = info.max // 4 + 1 if not info.min else info.max // 2 + 1
    samples = np.array([info.min, middle, middle + half, info.max], dtype)
    actual = to_waveform(samples, 16_000, 16_000)
    np.testing.assert_allclose(actual, [-1, 0, 0.5, 1], atol=1 / 2 ** (info.bits - 1))
    assert np.abs(actual).max() <= 1


def test_quiet_integers_stay_quiet() -> None:
    actual = to_waveform(np.array([0, 33, -33], np.int16), 16_000, 16_000)
    np.testing.assert_allclose(actual, [0, 33 / 32_768, -33 / 32_768], rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_of_every_width_become_single_precision(dtype: type[np.floating]) -> None:
    actual = to_waveform(np.array([0.5, -0.25], dtype), 16_000, 16_000)
    assert actual.dtype == np.float32
    assert actual.tolist() == [0.5, -0.25]


def test_a_peak_above_one_is_divided_away() -> None:
    actual = to_waveform(np.array([0.5, -4.0, 2.0], np.float32), 16_000, 16_000)
    np.testing.assert_allclose(actual, [0.125, -1.0, 0.5])


def test_quiet_audio_is_not_made_louder() -> None:
    assert to_waveform(np.array([1e-6], np.float32), 16_000, 16_000) == np.float32(1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_counted_and_the_first_is_named(bad: float) -> None:
    samples = noise(100)
    samples[[17, 40]] = bad
    with pytest.raises(AudioError, match=r"2 of 100 samples .*the first is sample 17"):
        to_waveform(samples, 16_000, 16_000)


def test_infinities_that_cancel_between_channels_are_refused_without_a_warning() -> None:
    with pytest.raises(AudioError, match="3 of 3 samples"):
        to_waveform(np.array([[np.inf, -np.inf]] * 3, np.float32), 16_000, 16_000)


def test_doubles_beyond_single_precision_are_refused_without_a_warning() -> None:
    with pytest.raises(AudioError, match="1 of 2 samples"):
        to_waveform(np.array([1e300, 0.0]), 16_000, 16_000)


@pytest.mark.parametrize("shape", [(0,), (0, 1), (0, 2), (2, 0)])
def test_no_samples_are_refused_as_such(shape: tuple[int, ...]) -> None:
    with pytest.raises(AudioError, match="no samples"):
        to_waveform(np.zeros(shape, np.float32), 16_000, 16_000)


@pytest.mark.parametrize("shape", [(), (2, 3, 4)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(AudioError, match="neither"):
        to_waveform(np.zeros(shape, np.float32), 16_000, 16_000)


@pytest.mark.parametrize("dtype", ["bool", "complex64", "U4", "O"])
def test_other_types_are_refused(dtype: str) -> None:
    with pytest.raises(AudioError, match="cannot be audio"):
        to_waveform(np.zeros(4, dtype), 16_000, 16_000)


@pytest.mark.parametrize("rate", [-16_000, 0, 999, 768_001])
def test_impossible_rates_are_refused(rate: int) -> None:
    with pytest.raises(AudioError, match="rate"):
        to_waveform(noise(100), rate, 16_000)


def test_less_than_a_sample_at_the_new_rate_is_refused() -> None:
    with pytest.raises(AudioError, match="shorter than one sample"):
        to_waveform(noise(1), 96_000, 16_000)


@pytest.mark.parametrize("rate", RATES)
def test_the_rate_is_converted_as_soxr_does_at_high_quality(rate: int) -> None:
    samples = noise(rate) * np.float32(0.3)
    np.testing.assert_allclose(
        to_waveform(samples, rate, 16_000), soxr.resample(samples, rate, 16_000, quality="HQ"), atol=1e-7
    )


def test_the_rate_is_converted_as_the_official_package_does() -> None:
    samples = noise(44_100) * np.float32(0.3)
    expected = librosa.resample(samples, orig_sr=44_100, target_sr=16_000)
    actual = to_waveform(samples, 44_100, 16_000)
    np.testing.assert_allclose(actual, expected[: actual.size], atol=1e-6)


@pytest.mark.parametrize("rate", RATES)
def test_a_tone_survives_conversion_at_its_own_pitch_and_strength(rate: int) -> None:
    actual = to_waveform(tone(rate, 1000.0, rate), rate, 16_000)
    middle = slice(1000, 15_000)
    np.testing.assert_allclose(actual[middle], tone(16_000, 1000.0)[middle], atol=2e-3)


@pytest.mark.parametrize("rate", [32_000, 44_100, 48_000, 96_000])
def test_a_tone_above_the_new_band_vanishes(rate: int) -> None:
    actual = to_waveform(tone(rate, 12_000.0, rate), rate, 16_000)
    assert np.abs(actual[1000:15_000]).max() < 1e-4


@given(rate=st.sampled_from(RATES), num_samples=st.integers(100, 20_000))
def test_conversion_keeps_the_duration_within_a_sample(rate: int, num_samples: int) -> None:
    actual: Waveform = to_waveform(np.zeros(num_samples, np.float32), rate, 16_000)
    assert abs(actual.size - num_samples * 16_000 / rate) <= 1


@given(st.lists(st.floats(-(2.0**100), 2.0**100, width=32), min_size=1, max_size=300))
def test_the_result_never_leaves_full_scale(samples: list[float]) -> None:
    actual = to_waveform(np.array(samples, np.float32), 16_000, 16_000)
    assert actual.dtype == np.float32
    assert np.abs(actual).max() <= 1
