"""Where somebody speaks: planted bursts are detected."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge_runtime.vad.energy import Span, frame_powers, true_runs
from tests.support.gate import find_speech

RATE = 16_000


def recording(
    duration_s: float, bursts: list[tuple[float, float]], *, noise_db: float = -60.0, level_db: float = -20.0
) -> NDArray[np.float32]:
    """Return noise with syllables in it: louder noise, swelling four times a second."""
    rng = np.random.default_rng(8)
    samples = rng.standard_normal(round(duration_s * RATE)) * 10 ** (noise_db / 20)
    for start, end in bursts:
        at = slice(round(start * RATE), round(end * RATE))
        swell = 0.55 + 0.45 * np.cos(2 * np.pi * 4 * np.arange(at.stop - at.start) / RATE)
        samples[at] += rng.standard_normal(at.stop - at.start) * swell * 10 ** (level_db / 20)
    return samples.astype(np.float32)


@pytest.mark.parametrize(
    ("noise_db", "level_db"), [(-200, -20), (-60, -20), (-45, -20), (-35, -15), (-80, -50)]
)
def test_leading_and_inner_silence_is_found(noise_db: float, level_db: float) -> None:
    bursts = [(3.0, 5.0), (9.0, 9.6)]
    spans = find_speech(recording(12, bursts, noise_db=noise_db, level_db=level_db), RATE)
    assert len(spans) == len(bursts)
    for span, (start, end) in zip(spans, bursts, strict=True):
        assert start - 0.15 <= span.start <= start + 0.05
        assert end - 0.15 <= span.end <= end + 0.15


def test_a_short_word_in_a_long_silence_is_found() -> None:
    (span,) = find_speech(recording(120, [(100.0, 100.4)]), RATE)
    assert 99.8 <= span.start <= 100.05
    assert 100.3 <= span.end <= 100.6


def test_short_pauses_are_bridged_and_clicks_ignored() -> None:
    waveform = recording(10, [(1, 2), (2.2, 3)])
    waveform[8 * RATE] = 1.0
    (span,) = find_speech(waveform, RATE)
    assert span.start == pytest.approx(0.9, abs=0.05)
    assert span.end == pytest.approx(3.1, abs=0.1)


def test_digital_silence_beside_noise_does_not_make_the_noise_speech() -> None:
    waveform = recording(12, [(5, 7)], noise_db=-50)
    waveform[: 2 * RATE] = 0
    (span,) = find_speech(waveform, RATE)
    assert span.start == pytest.approx(4.9, abs=0.05)


@pytest.mark.parametrize("samples", [0, 1, 100, RATE])
def test_silence_is_no_speech(samples: int) -> None:
    assert find_speech(np.zeros(samples, np.float32), RATE) == ()


def test_without_contrast_everything_counts() -> None:
    assert find_speech(recording(5, [], noise_db=-30), RATE) == (Span(0.0, 5.0),)


@given(st.lists(st.tuples(st.floats(0.2, 3), st.floats(0.6, 3)), max_size=6), st.integers(0, 319))
def test_spans_are_ordered_apart_and_inside(pauses: list[tuple[float, float]], ragged: int) -> None:
    at, bursts = 0.0, []
    for pause, length in pauses:
        bursts.append((at + pause, at + pause + length))
        at += pause + length
    waveform = recording(at + 0.5, bursts)[: -ragged or None]
    spans = find_speech(waveform, RATE)
    edges = [edge for span in spans for edge in (span.start, span.end)]
    assert edges == sorted(set(edges))
    assert all(0 <= edge <= round(len(waveform) / RATE, 6) for edge in edges)
    for start, end in bursts:
        middle = (start + end) / 2
        assert any(span.start <= middle <= span.end for span in spans)


def test_frame_powers_count_the_ragged_end() -> None:
    powers = frame_powers(np.array([1, 1, 2, 2, 3], np.float32), 2)
    assert powers.tolist() == [1, 4, 9]


@given(st.lists(st.booleans()))
def test_runs_rebuild_the_mask(mask: list[bool]) -> None:
    rebuilt = np.zeros(len(mask), np.bool_)
    actual = true_runs(np.array(mask, np.bool_))
    for start, end in actual:
        rebuilt[start:end] = True
    assert rebuilt.tolist() == mask
    assert all(left[1] < right[0] for left, right in pairwise(actual))
