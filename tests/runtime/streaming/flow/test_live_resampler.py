"""Resampling on the fly gives the bits of resampling the whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_runtime.audio.waveform import to_waveform
from edge_runtime.errors import AudioError
from edge_runtime.streaming.flow.live_resampler import LiveResampler

NOISE = (np.random.default_rng(1).normal(size=6001) * 0.2).astype(np.float32)


def resampled(samples: np.ndarray, rate: int, cuts: list[int]) -> np.ndarray:
    resampler = LiveResampler(16_000)
    pieces = [resampler.feed(piece, rate) for piece in np.split(samples, sorted(cuts))]
    return np.concatenate([*pieces, resampler.finish()])


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 44_100, 48_000])
@settings(max_examples=5)
@given(cuts=st.lists(st.integers(0, len(NOISE)), max_size=40))
def test_any_chunks_give_the_bits_of_the_whole(rate: int, cuts: list[int]) -> None:
    whole = to_waveform(NOISE, rate, 16_000)
    assert np.array_equal(resampled(NOISE, rate, cuts), whole)


def test_single_samples_of_whole_numbers_and_two_channels_are_mixed_down_and_resampled() -> None:
    stereo = (np.stack([NOISE, -0.5 * NOISE], axis=1) * 32768).astype(np.int16)[:500]
    whole = to_waveform(stereo, 48_000, 16_000)
    assert np.array_equal(resampled(stereo, 48_000, list(range(1, 500))), whole)


def test_another_rate_begins_anew_behind_the_tail_of_the_last() -> None:
    resampler = LiveResampler(16_000)
    pieces = [resampler.feed(NOISE, 48_000), resampler.feed(NOISE, 16_000), resampler.finish()]
    expected = np.concatenate([resampled(NOISE, 48_000, []), NOISE])
    assert np.array_equal(np.concatenate(pieces), expected)


def test_what_is_too_loud_is_clipped_and_what_is_no_audio_refused() -> None:
    assert LiveResampler(16_000).feed(3 * np.ones(4, np.float32), 16_000).tolist() == [1.0] * 4
    with pytest.raises(AudioError, match="shape"):
        LiveResampler(16_000).feed(np.zeros((1, 2, 3), np.float32), 16_000)
