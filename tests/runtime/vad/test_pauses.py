"""Windows of long audio: they cover it exactly, keep their limit, and end where it is quiet."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.vad.pauses import quietest_sample, window_end

RATE = 16_000


def test_a_window_ends_in_the_middle_of_the_pause() -> None:
    waveform = np.ones(20 * RATE, np.float32)
    waveform[9 * RATE : round(9.6 * RATE)] *= np.float32(1e-3)
    assert window_end(waveform, RATE, 0, max_s=12, search_s=6) == pytest.approx(9.3 * RATE, abs=0.06 * RATE)


@given(
    length=st.integers(0, 40_000),
    max_s=st.floats(0.5, 30),
    search_s=st.floats(0, 30),
    quiet=st.booleans(),
    seed=st.integers(0, 9),
)
def test_windows_cover_the_audio_without_a_stub(
    length: int, max_s: float, search_s: float, seed: int, *, quiet: bool
) -> None:
    rate = 1_000
    waveform = np.random.default_rng(seed).standard_normal(length).astype(np.float32) * (not quiet)
    ends = [0]
    while ends[-1] < length:
        ends.append(window_end(waveform, rate, ends[-1], max_s=max_s, search_s=search_s))
    assert ends[-1] == length
    sizes = np.diff(ends)
    assert all(0 < size <= max_s * rate for size in sizes)
    if len(sizes) > 1:
        assert min(sizes) >= max_s * rate / 4 - 1


def test_audio_at_the_limit_is_one_window() -> None:
    assert window_end(np.zeros(3 * RATE, np.float32), RATE, 0, max_s=3) == 3 * RATE


def test_the_quietest_sample_is_the_middle_of_silence() -> None:
    waveform = np.ones(2 * RATE, np.float32)
    waveform[RATE // 2 : RATE] = 0
    assert quietest_sample(waveform, RATE) == pytest.approx(0.75 * RATE, abs=160)
