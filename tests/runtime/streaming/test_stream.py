"""A stream's events on speech of which every word is planted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_runtime.arrays import Waveform
from edge_runtime.errors import AudioError, UsageError
from edge_runtime.streaming.commit.options import CommitOptions
from edge_runtime.streaming.events import Endpoint, Final, Partial, SpeechStart, Stats, StreamEvent
from edge_runtime.streaming.options import StreamOptions
from edge_runtime.streaming.stream import Stream
from tests.support.spoken_numbers import RATE, NumberRecognizer, silence, spoken, text_of

AGREE = CommitOptions(policy="local_agreement", hold_back=2, shown="raw")
TWO = np.concatenate([silence(1), spoken(*range(12)), silence(1.5), spoken(*range(20, 26)), silence(0.3)])


def play(stream: Stream, samples: Waveform, chunk: int = 1600) -> list[StreamEvent]:
    with stream:
        for start in range(0, len(samples), chunk):
            stream.feed(samples[start : start + chunk])
    return list(stream.events())


def timeless(events: list[StreamEvent]) -> list[dict[str, object]]:
    clocks = ("lag_ms", "step_ms", "final_ms")
    return [
        {name: value for name, value in event.to_dict().items() if name not in clocks} for event in events
    ]


def finals(events: list[StreamEvent]) -> list[Final]:
    return [event for event in events if isinstance(event, Final)]


def test_each_segment_has_its_start_its_text_and_its_end_in_order() -> None:
    events = play(Stream(NumberRecognizer().parts(), StreamOptions(commit=AGREE)), TWO)
    marks = [type(event) for event in events if not isinstance(event, Partial)]
    assert marks == [SpeechStart, Endpoint, Final, SpeechStart, Endpoint, Final, Stats]
    assert [final.text for final in finals(events)] == [
        text_of(spoken(*range(12))), text_of(spoken(*range(20, 26)))
    ]  # fmt: skip
    first, second = finals(events)
    assert (first.start, first.end) == (pytest.approx(0.7, abs=0.032), pytest.approx(4.2, abs=0.064))
    assert second.end == pytest.approx(len(TWO) / RATE, abs=0.1)
    assert first.confidence == pytest.approx(np.exp(-0.1), abs=1e-6)
    ends = [event.reason for event in events if isinstance(event, Endpoint)]
    assert ends == ["silence", "flush"]


def test_the_stable_text_only_grows_and_the_final_begins_with_it() -> None:
    events = play(Stream(NumberRecognizer().parts(), StreamOptions(commit=AGREE)), TWO)
    stable = ""
    for event in events:
        if isinstance(event, Partial):
            stable += event.stable_added
            assert text_of(TWO[: round(event.audio_s * RATE)]).endswith((stable + event.draft).lstrip())
        elif isinstance(event, Final):
            assert stable
            assert event.text.startswith(stable)
            assert event.corrected == 0
            stable = ""
    assert events[-1].stable_words > 10  # type: ignore[union-attr]


def test_the_pause_of_200_ms_is_the_last_step_and_its_samples_are_the_segment() -> None:
    recognizer = NumberRecognizer()
    (first, second) = finals(play(Stream(recognizer.parts(), StreamOptions()), TWO))
    for decoding, final in zip(recognizer.made, (first, second), strict=True):
        expected = TWO[round(final.start * RATE) : round(final.end * RATE)]
        assert np.array_equal(decoding.samples, expected)
        assert decoding.closed
    # 3 s of speech: after 0.7 s, then each half second, five steps, and the pause; none behind it.
    assert recognizer.made[0].num_steps == 6


@settings(max_examples=8)
@given(st.lists(st.integers(0, len(TWO)), max_size=30))
def test_any_chunks_give_the_same_events(cuts: list[int]) -> None:
    options = StreamOptions(commit=AGREE)
    stream = Stream(NumberRecognizer().parts(), options)
    with stream:
        for chunk in np.split(TWO, sorted(cuts)):
            stream.feed(chunk)
    expected = play(Stream(NumberRecognizer().parts(), options), TWO, len(TWO))
    assert timeless(list(stream.events())) == timeless(expected)


def test_single_samples_give_the_same_events() -> None:
    options, short = StreamOptions(commit=AGREE), TWO[RATE : 2 * RATE]
    one = play(Stream(NumberRecognizer().parts(), options), short, 1)
    assert timeless(one) == timeless(play(Stream(NumberRecognizer().parts(), options), short))


def test_whole_numbers_are_taken_like_floats() -> None:
    options, whole = StreamOptions(commit=AGREE), (TWO * 32768).astype(np.int16)
    one = play(Stream(NumberRecognizer().parts(), options), whole)  # type: ignore[arg-type]
    assert [final.text for final in finals(one)] == [
        final.text for final in finals(play(Stream(NumberRecognizer().parts(), options), TWO))
    ]


def test_a_callback_gets_the_events_instead_of_the_iterator() -> None:
    events: list[StreamEvent] = []
    rest = play(Stream(NumberRecognizer().parts(), StreamOptions(commit=AGREE), events.append), TWO)
    expected = play(Stream(NumberRecognizer().parts(), StreamOptions(commit=AGREE)), TWO)
    assert (rest, timeless(events)) == ([], timeless(expected))


def test_ten_minutes_of_silence_add_nothing_and_hold_nothing() -> None:
    recognizer = NumberRecognizer()
    stream = Stream(recognizer.parts(), StreamOptions())
    stream.feed(TWO)
    before = list(stream.events())
    for _ in range(600):
        stream.feed(silence(1))
    assert [type(event) for event in stream.events()] == [Endpoint, Final]
    stream.feed(spoken(5, 6, 7))
    stream.close()
    assert [final.text for final in finals(list(stream.events()))] == ["w5 w6 w7"]
    assert len(recognizer.made) == len(finals(before)) + 2
    assert stream.stats.audio_s == len(TWO) / RATE + 600.75


def test_a_stream_goes_on_behind_a_flush() -> None:
    stream = Stream(NumberRecognizer().parts(), StreamOptions())
    for number in (1, 2):
        stream.feed(spoken(number, number + 10))
        stream.flush()
    seen = finals(list(stream.events()))
    assert [final.text for final in seen] == ["w1 w11", "w2 w12"]
    assert (seen[0].end, seen[1].start) == (0.5, 0.5)


def test_cancel_drops_the_open_segment_and_what_follows_is_heard() -> None:
    recognizer = NumberRecognizer()
    stream = Stream(recognizer.parts(), StreamOptions())
    stream.feed(spoken(*range(6)))
    stream.cancel()
    stream.feed(np.concatenate([silence(1), spoken(7, 8), silence(1)]))
    stream.close()
    assert [final.text for final in finals(list(stream.events()))] == ["w7 w8"]
    assert recognizer.made[0].closed
    assert (stream.stats.cancelled_segments, stream.stats.segments) == (1, 1)


def test_an_error_in_the_block_drops_the_segment_and_its_end_flushes() -> None:
    recognizer = NumberRecognizer()
    with pytest.raises(KeyError), Stream(recognizer.parts(), StreamOptions()) as stream:  # noqa: PT012
        stream.feed(spoken(1, 2, 3))
        raise KeyError
    assert not finals(list(stream.events()))
    assert recognizer.made[0].closed


def test_a_closed_stream_and_impossible_samples_are_refused() -> None:
    stream = Stream(NumberRecognizer().parts(), StreamOptions())
    with pytest.raises(AudioError, match="NaN"):
        stream.feed(np.array([0.0, np.nan], np.float32))
    with pytest.raises(AudioError, match="rate"):
        stream.feed(silence(0.1), 10)
    stream.close()
    stream.close()
    with pytest.raises(UsageError, match="closed"):
        stream.feed(silence(0.1))


@pytest.mark.parametrize(
    "wrong", [{"hop_sec": 0}, {"contract": "both"}, {"max_segment_sec": 1}, {"max_queued_partials": 0}]
)
def test_options_that_mean_nothing_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        StreamOptions(**wrong)  # type: ignore[arg-type]
