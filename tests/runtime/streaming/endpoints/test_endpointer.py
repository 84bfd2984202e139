"""Segments begin and end where planted probabilities say, to the frame."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.errors import UsageError
from edge_runtime.streaming.endpoints.best_cut import Frame
from edge_runtime.streaming.endpoints.endpointer import Endpointer
from edge_runtime.streaming.endpoints.options import EndpointOptions

SPEECH, BETWEEN, SILENCE = 0.9, 0.4, 0.1
FRAME = 512
HOP = 8000


def frames(*runs: tuple[float, int], power: float = 1.0) -> list[Frame]:
    values = [value for value, count in runs for _ in range(count)]
    return [Frame(FRAME * (at + 1), value, power) for at, value in enumerate(values)]


def decided(
    given_frames: Iterable[Frame], max_segment_s: float = 24.0, **options: int
) -> list[tuple[str, float]]:
    """Return what was decided, its place in frames."""
    endpointer = Endpointer(EndpointOptions(**options), max_segment_s)
    seen = [decision for frame in given_frames for decision in endpointer.add(frame, HOP)]
    return [(each.kind, each.at / FRAME) for each in seen]


def test_a_segment_has_a_pad_before_its_speech_and_ends_in_the_pause_behind_it() -> None:
    # 300 ms are 9.375 frames, 200 ms are 6.25: seven frames; 500 ms are 15.6: sixteen.
    seen = decided(frames((SILENCE, 20), (SPEECH, 10), (SILENCE, 16)))
    assert seen == [("start", 10.625), ("pause", 37), ("end", 37)]


def test_the_first_step_has_enough_speech_and_each_other_a_hop_more() -> None:
    # 0.7 s are 21.9 frames, a hop is 15.6. Speech begins at 20.
    seen = decided(frames((SILENCE, 20), (SPEECH, 40)))
    assert seen == [("start", 10.625), ("step", 42), ("step", 58)]


def test_silence_is_no_part_of_a_hop() -> None:
    seen = decided(frames((SPEECH, 20), (SILENCE, 4), (SPEECH, 20)))
    assert seen == [("start", 0), ("step", 26), ("step", 42)]


def test_behind_a_pause_a_hop_begins_anew_and_no_step_is_made_up_to_the_endpoint() -> None:
    seen = decided(frames((SPEECH, 34), (SILENCE, 12), (SPEECH, 20), (SILENCE, 16)))
    assert seen == [("start", 0), ("step", 22), ("pause", 41), ("step", 62), ("pause", 73), ("end", 73)]


def test_a_frame_between_the_thresholds_begins_nothing_and_ends_nothing() -> None:
    assert decided(frames((BETWEEN, 50))) == []
    assert decided(frames((SPEECH, 1), (BETWEEN, 12), (SILENCE, 16)))[-1] == ("end", 20)


def test_the_pad_of_a_segment_does_not_reach_into_the_one_before() -> None:
    seen = decided(frames((SPEECH, 10), (SILENCE, 16), (SPEECH, 1)), start_pad_ms=900)
    assert seen[-2:] == [("end", 17), ("start", 17)]


def test_what_is_too_long_is_cut_in_the_middle_of_its_longest_pause_and_goes_on_behind() -> None:
    runs = ((SPEECH, 110), (SILENCE, 6), (SPEECH, 20), (SILENCE, 4), (SPEECH, 30), (SILENCE, 16))
    seen = decided(frames(*runs), max_segment_s=5.0)
    cut = next(at for kind, at in seen if kind == "cut")
    assert cut == 113
    assert seen[-1] == ("end", 177)
    assert [kind for kind, _ in seen].count("start") == 1


def test_without_a_pause_it_is_cut_where_it_is_quietest() -> None:
    planted = frames((SPEECH, 200))
    for at in range(120, 127):
        planted[at] = Frame(planted[at].end, SPEECH, 0.01)
    ((_, cut),) = [each for each in decided(planted, max_segment_s=5.0) if each[0] == "cut"]
    assert 121 <= cut <= 126


def test_no_segment_is_nothing_but_the_silence_behind_a_cut() -> None:
    for speech in range(145, 156):
        seen = decided(frames((SPEECH, speech), (SILENCE, 40)), max_segment_s=5.0)
        last = max(index for index, (kind, _) in enumerate(seen) if kind in ("start", "cut"))
        assert seen[-1][0] == "end"
        assert seen[last][1] < speech


@given(st.lists(st.tuples(st.sampled_from([SPEECH, BETWEEN, SILENCE]), st.integers(1, 60)), max_size=12))
def test_segments_are_in_order_apart_and_never_too_long(runs: list[tuple[float, int]]) -> None:
    at, start = 0.0, None
    for kind, place in decided(frames(*runs), max_segment_s=3.0):
        if kind == "start":
            assert place >= at
            start = place
        elif kind in ("end", "cut"):
            assert start is not None
            assert start < place <= start + 3.0 * 16000 / FRAME + 1
            at, start = place, place if kind == "cut" else None


@pytest.mark.parametrize("wrong", [{"threshold": 0.2}, {"end_pad_ms": 600}, {"start_pad_ms": -1}])
def test_figures_that_mean_nothing_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        EndpointOptions(**wrong)
