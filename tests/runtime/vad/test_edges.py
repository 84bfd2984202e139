"""Edges follow the sound beside silence, stay in noise, and no span comes or goes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.vad.edges import refine_edges
from edge_runtime.vad.energy import Span

FRAME_S = 0.02


def powers(*runs: tuple[float, float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return mean powers from (power, seconds)."""
    return np.concatenate([np.full(round(seconds / FRAME_S), power) for power, seconds in runs])


SPOKEN = powers((0.0, 1.0), (1e-2, 1.0), (0.0, 1.0))


def test_edges_in_silence_move_to_the_sound_from_either_side() -> None:
    for span in (Span(0.9, 2.2), Span(1.1, 1.9), Span(0.9, 1.9)):
        (refined,) = refine_edges([span], SPOKEN, FRAME_S)
        assert np.allclose([refined.start, refined.end], [1.0, 2.0])


def test_edges_in_noise_stay() -> None:
    noisy = powers((1e-5, 1.0), (1e-2, 1.0), (1e-5, 1.0))
    assert refine_edges([Span(0.9, 2.2)], noisy, FRAME_S) == (Span(0.9, 2.2),)


def test_a_span_in_which_nothing_sounds_stays() -> None:
    assert refine_edges([Span(0.2, 0.6)], SPOKEN, FRAME_S) == (Span(0.2, 0.6),)


def test_spans_of_one_sound_do_not_meet() -> None:
    spans = [Span(1.0, 1.4), Span(1.5, 2.0)]
    first, second = refine_edges(spans, SPOKEN, FRAME_S)
    assert (first.end, second.start) == (1.4, 1.5)


def test_spans_with_a_short_silence_between_them_stop_at_each_other() -> None:
    levels = powers((0.0, 1.0), (1e-2, 0.5), (0.0, 0.1), (1e-2, 0.5), (0.0, 1.0))
    refined = refine_edges([Span(1.0, 1.55), Span(1.58, 2.2)], levels, FRAME_S)
    assert np.allclose([[span.start, span.end] for span in refined], [[1.0, 1.5], [1.6, 2.1]])


@given(
    st.lists(st.sampled_from([0.0, 1e-9, 1e-6, 1e-2]), min_size=1, max_size=40),
    st.sets(st.integers(0, 99), max_size=12),
)
def test_spans_stay_in_order_and_apart(levels: list[float], edges: set[int]) -> None:
    recording = np.repeat(levels, 5)
    at = sorted(edge * len(recording) * FRAME_S / 100 for edge in edges)
    spans = [Span(*pair) for pair in zip(at[::2], at[1::2], strict=False)]
    refined = refine_edges(spans, recording, FRAME_S)
    assert len(refined) == len(spans)
    bounds = [each for span in refined for each in (span.start, span.end)]
    assert bounds == sorted(bounds)
    assert all(0 <= each <= len(recording) * FRAME_S + 1e-9 for each in bounds)
