"""The plan of a long recording: what is cut, merged, left out and never lost."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.errors import UsageError
from edge_runtime.vad.energy import FRAME_S, FrameLevels, Span
from edge_runtime.vad.segmentation import SegmentOptions, plan_segments, widened

DURATION_S = 100.0
WHOLE = (Span(0.0, DURATION_S),)


def powers(*quiet: Span, duration_s: float = DURATION_S) -> FrameLevels:
    """Return the powers of a recording that is loud but for some spans."""
    levels = np.ones(round(duration_s / FRAME_S))
    for span in quiet:
        levels[round(span.start / FRAME_S) : round(span.end / FRAME_S)] = 1e-6
    return levels


def plan(*speech: tuple[float, float], quiet: tuple[Span, ...] = (), **changes: float) -> list[Span]:
    spans = [Span(*one) for one in speech]
    return list(plan_segments(spans, WHOLE, powers(*quiet), SegmentOptions(**changes)))


def test_near_speech_is_one_segment_and_long_pauses_are_left_out() -> None:
    assert plan((1.0, 2.0), (2.4, 3.0), (4.0, 5.0)) == [Span(0.95, 3.05), Span(3.95, 5.05)]


def test_margins_end_at_the_recording_and_in_the_middle_of_a_pause() -> None:
    actual = plan((0.0, 1.0), (1.6, 100.0), margin_sec=0.5, segment_sec=200.0)
    assert actual == [Span(0.0, 1.3), Span(1.3, 100.0)]


def test_long_speech_is_cut_at_the_longest_pause_of_the_last_half() -> None:
    first, second = plan((0.0, 5.0), (5.4, 20.0), (20.2, 25.0), (25.15, 40.0))
    assert (first, second) == (Span(0.0, 20.05), Span(20.15, 40.05))


def test_speech_without_a_pause_is_cut_where_it_is_quietest() -> None:
    first, second = plan((0.0, 40.0), quiet=(Span(21.0, 21.1), Span(3.0, 5.0)))
    assert first.end == second.start == pytest.approx(21.05, abs=0.1)


def test_without_a_detector_nothing_is_left_out() -> None:
    segments = plan_segments(None, WHOLE, powers(Span(40.0, 60.0)), SegmentOptions())
    assert segments[0].start == 0.0
    assert segments[-1].end == DURATION_S
    assert all(left.end == right.start for left, right in pairwise(segments))
    assert plan_segments(None, (Span(0.0, 30.0),), powers(), SegmentOptions()) == (Span(0.0, 30.0),)


def test_packing_fills_segments_with_the_pauses_between() -> None:
    actual = plan((1.0, 10.0), (15.0, 25.0), (27.0, 40.0), pack=True)
    assert actual == [Span(0.95, 25.05), Span(26.95, 40.05)]


def test_zero_seconds_take_one_piece_if_there_is_speech() -> None:
    assert plan((1.0, 10.0), (50.0, 60.0), segment_sec=0.0) == list(WHOLE)
    assert plan(segment_sec=0.0) == []


def test_clips_limit_what_is_taken() -> None:
    clips = (Span(5.0, 6.0), Span(20.0, 90.0))
    speech = [Span(4.0, 5.5), Span(8.0, 10.0), Span(89.0, 95.0)]
    actual = plan_segments(speech, clips, powers(), SegmentOptions())
    assert actual == (Span(5.0, 5.55), Span(88.95, 90.0))


def test_more_around_a_segment_never_reaches_its_neighbours() -> None:
    segments = [Span(0.1, 1.0), Span(1.1, 2.0), Span(5.0, 6.0)]
    assert widened(segments, 0, 0.35, 6.1) == Span(0.0, 1.1)
    assert widened(segments, 1, 0.35, 6.1) == Span(1.0, 2.35)
    assert widened(segments, 2, 0.35, 6.1) == Span(4.65, 6.1)


@pytest.mark.parametrize("changes", [{"segment_sec": 1.0}, {"merge_pause_sec": -1.0}, {"margin_sec": -0.1}])
def test_options_that_cannot_be_meant_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(changes))):
        SegmentOptions(**changes)


@given(
    edges=st.lists(st.integers(0, 10_000), unique=True, max_size=40).map(sorted),
    segment_sec=st.sampled_from([2.0, 3.0, 10.0, 30.0]),
    pack=st.booleans(),
    noise=st.integers(0, 99),
)
def test_no_speech_is_lost_doubled_or_longer_than_the_limit(
    *, edges: list[int], segment_sec: float, pack: bool, noise: int
) -> None:
    speech = [Span(start / 100, end / 100) for start, end in zip(edges[::2], edges[1::2], strict=False)]
    levels = np.random.default_rng(noise).random(round(DURATION_S / FRAME_S))
    segments = plan_segments(speech, WHOLE, levels, SegmentOptions(segment_sec=segment_sec, pack=pack))
    assert all(0 <= one.start < one.end <= DURATION_S for one in segments)
    assert all(left.end <= right.start for left, right in pairwise(segments))
    assert all(one.end - one.start <= segment_sec + 1e-9 for one in segments)
    covered = sum(max(0.0, min(a.end, b.end) - max(a.start, b.start)) for a in speech for b in segments)
    assert covered == pytest.approx(sum(span.end - span.start for span in speech))
