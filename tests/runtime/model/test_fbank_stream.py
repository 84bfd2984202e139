"""Features of a growing recording are those of the whole, to the bit, at every moment."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_runtime.arrays import LogMel, Waveform
from edge_runtime.model.fbank import Fbank
from edge_runtime.model.fbank_stream import FbankStream
from tests.support.manifests import FEATURES

FBANK = Fbank(FEATURES)
MIN_SAMPLES = FEATURES.min_samples


def uneven_noise(num_samples: int, seed: int = 0) -> Waveform:
    """Return noise whose level changes by up to 60 dB every 100 ms or so."""
    rng = np.random.default_rng(seed)
    levels = 10.0 ** rng.uniform(-4, -1, num_samples // 1600 + 1)
    return (rng.uniform(-1, 1, num_samples) * np.repeat(levels, 1600)[:num_samples]).astype(np.float32)


def stream() -> FbankStream:
    return FbankStream(FBANK, FEATURES)


def grow(waveform: Waveform, ends: Iterable[int]) -> list[tuple[LogMel, int]]:
    """Return features, and how many frames the stream calls unchanged, with each end."""
    growing, start, results = stream(), 0, []
    for end in ends:
        growing.push(waveform[start:end])
        start = end
        num_equal = growing.update()
        results.append((growing.log_mel(), num_equal))
    return results


@given(
    first=st.integers(MIN_SAMPLES, 20_000),
    hops=st.lists(st.one_of(st.integers(1, 500), st.integers(500, 9000)), min_size=1, max_size=12),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=15)
def test_features_are_bit_equal_after_every_chunk(first: int, hops: list[int], seed: int) -> None:
    ends = np.cumsum([first, *hops]).tolist()
    waveform = uneven_noise(ends[-1], seed)
    before: LogMel = np.zeros((FEATURES.n_mels, 0), np.float32)
    for end, (actual, num_equal) in zip(ends, grow(waveform, ends), strict=True):
        np.testing.assert_array_equal(actual, FBANK(waveform[:end]), strict=True)
        np.testing.assert_array_equal(actual[:, :num_equal], before[:, :num_equal])
        before = actual


def test_a_louder_sound_raises_the_floor_under_frames_that_were_finished() -> None:
    waveform = np.concatenate([np.zeros(8000), uneven_noise(8000), np.ones(4000)]).astype(np.float32)
    (_, first), (quiet, steady), (loud, risen) = grow(waveform, [16_000, 16_002, 20_000])
    assert (first, steady, risen) == (0, 99, 0)
    assert (loud[:, :40] > quiet[:, :40]).all()


def test_the_floor_falls_where_the_mirrored_end_was_the_loudest() -> None:
    num_falls = 0
    for seed in range(40):
        waveform = np.random.default_rng(seed).uniform(-1, 1, 8200).astype(np.float32)
        waveform[:4000] = 0
        (before, _), (after, _) = grow(waveform, [8000, 8200])
        num_falls += after.min() < before.min()
        np.testing.assert_array_equal(after, FBANK(waveform))
    assert num_falls


def test_the_last_frames_alone_are_made_of_the_mirrored_end() -> None:
    growing = stream()
    growing.push(uneven_noise(128_039))
    growing.update()
    assert growing.num_finished == 799
    growing.push(uneven_noise(1))
    growing.update()
    assert growing.num_finished == 800, "a window of 8 s is finished 40 samples behind its end"


def test_features_from_a_frame_on_are_the_end_of_all() -> None:
    growing = stream()
    growing.push(uneven_noise(20_000))
    growing.update()
    np.testing.assert_array_equal(growing.log_mel(100), growing.log_mel()[:, 100:])
