"""Every frame is scaled by the loudest sample of a second around it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.arrays import Array, Waveform
from edge_runtime.vad.level import MAX_GAIN, TARGET_PEAK, LevelNormalizer
from edge_runtime.vad.timestamps import FRAME_SAMPLES

RATE = 16_000
GENERATOR = np.random.default_rng(3)
NOISE = GENERATOR.uniform(-1, 1, 3 * RATE).astype(np.float32)


def normalized(*pieces: Waveform) -> Array:
    normalizer = LevelNormalizer()
    frames = [normalizer.feed(piece) for piece in pieces]
    return np.concatenate([*frames, normalizer.finish()]).reshape(-1)


def test_speech_of_any_level_gets_the_same_peak() -> None:
    for peak in (0.02, 0.3, 1.0):
        assert np.isclose(np.abs(normalized(peak * NOISE)).max(), TARGET_PEAK, rtol=1e-3)


def test_faint_noise_is_raised_by_the_highest_gain_and_silence_stays() -> None:
    faint = np.float32(1e-4) * NOISE
    assert np.allclose(normalized(faint)[: len(faint)], MAX_GAIN * faint)
    assert not normalized(np.zeros(RATE, np.float32)).any()


def test_a_loud_second_lowers_what_is_a_second_away_and_nothing_further() -> None:
    quiet = np.full(8 * RATE, 0.03, np.float32)
    quiet[4 * RATE : 4 * RATE + 10] = 0.9
    scaled = normalized(quiet) / np.pad(quiet, (0, -len(quiet) % FRAME_SAMPLES), constant_values=1)
    near = slice(round(3.1 * RATE), round(4.9 * RATE))
    assert np.allclose(scaled[near], TARGET_PEAK / 0.9)
    far = np.r_[0 : round(2.9 * RATE), round(5.1 * RATE) : 8 * RATE - FRAME_SAMPLES]
    assert np.allclose(scaled[far], TARGET_PEAK / 0.03)


def test_a_frame_comes_out_once_the_second_behind_it_is_known() -> None:
    normalizer = LevelNormalizer()
    assert len(normalizer.feed(NOISE[: 31 * FRAME_SAMPLES])) == 0
    assert len(normalizer.feed(NOISE[:FRAME_SAMPLES])) == 1
    assert len(normalizer.finish()) == 31


@given(st.lists(st.integers(0, 40_000), max_size=8))
def test_frames_do_not_depend_on_how_the_samples_are_cut_up(cuts: list[int]) -> None:
    assert np.array_equal(normalized(*np.split(NOISE, sorted(cuts))), normalized(NOISE))
