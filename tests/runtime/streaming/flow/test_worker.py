"""With a worker, feed returns at once, late steps are joined, and no thread stays."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from edge_runtime.streaming.commit.options import CommitOptions
from edge_runtime.streaming.events import Final, Partial
from edge_runtime.streaming.options import StreamOptions
from edge_runtime.streaming.stream import Stream
from tests.support.spoken_numbers import NumberRecognizer, silence, spoken

AUDIO = np.concatenate([spoken(*range(20)), silence(1), spoken(*range(30, 40)), silence(1)])
AGREE = CommitOptions(policy="local_agreement", shown="raw")


class Held(NumberRecognizer):
    """Waits in each step until the test lets it go on."""

    def __init__(self) -> None:
        super().__init__()
        self.began, self.may_go_on = threading.Event(), threading.Event()

    def before_step(self) -> None:
        self.began.set()
        assert self.may_go_on.wait(10)


class Broken(NumberRecognizer):
    """Fails at its first step."""

    def before_step(self) -> None:
        raise MemoryError


def threads() -> list[str]:
    return [each.name for each in threading.enumerate() if each.name == "edge-asr-stream"]


def chunks() -> list[np.ndarray]:
    return np.split(AUDIO, range(1600, len(AUDIO), 1600))


def test_steps_that_come_late_are_joined_and_the_finals_are_the_same() -> None:
    recognizer = Held()
    stream = Stream(recognizer.parts(), StreamOptions(commit=AGREE), worker=True)
    first, *rest = np.split(AUDIO, [16_000])
    stream.feed(first)
    assert recognizer.began.wait(10)
    for chunk in np.split(rest[0], range(1600, len(rest[0]), 1600)):
        stream.feed(chunk)
    recognizer.may_go_on.set()
    stream.close()
    finals = [event.text for event in stream.events() if isinstance(event, Final)]
    alone = Stream(NumberRecognizer().parts(), StreamOptions(commit=AGREE))
    with alone:
        alone.feed(AUDIO)
    assert finals == [event.text for event in alone.events() if isinstance(event, Final)]
    assert stream.stats.merged_steps > 5
    assert stream.stats.steps + stream.stats.merged_steps >= alone.stats.steps - 1
    assert stream.stats.steps < alone.stats.steps
    assert not threads()


def test_events_are_waited_for_until_the_stream_is_closed() -> None:
    stream = Stream(NumberRecognizer().parts(), StreamOptions(commit=AGREE), worker=True)
    seen: list[str] = []
    reader = threading.Thread(
        target=lambda: seen.extend(event.text for event in stream.events() if isinstance(event, Final))
    )
    reader.start()
    for chunk in chunks():
        stream.feed(chunk)
    stream.close()
    reader.join(10)
    assert [len(text.split()) for text in seen] == [20, 10]


def test_a_reader_that_never_comes_loses_partials_alone() -> None:
    options = StreamOptions(commit=AGREE, max_queued_partials=1)
    stream = Stream(NumberRecognizer().parts(), options, worker=True)
    for chunk in chunks():
        stream.feed(chunk)
        stream.flush()
    stream.close()
    events = list(stream.events())
    assert stream.stats.partials == stream.stats.dropped_partials + sum(
        isinstance(event, Partial) for event in events
    )
    assert sum(isinstance(event, Final) for event in events) == stream.stats.segments > 1


def test_feed_waits_while_too_much_audio_waits() -> None:
    recognizer = Held()
    stream = Stream(recognizer.parts(), StreamOptions(max_buffer_sec=1.0), worker=True)
    stream.feed(AUDIO[:16_000])
    assert recognizer.began.wait(10)
    feeder = threading.Thread(target=lambda: [stream.feed(AUDIO[:16_000]) for _ in range(3)])
    feeder.start()
    feeder.join(0.2)
    assert feeder.is_alive()
    recognizer.may_go_on.set()
    feeder.join(10)
    assert not feeder.is_alive()
    stream.close()


def test_cancel_drops_what_waits_and_close_leaves_no_thread() -> None:
    recognizer = Held()
    stream = Stream(recognizer.parts(), StreamOptions(), worker=True)
    stream.feed(AUDIO[:16_000])
    assert recognizer.began.wait(10)
    stream.feed(AUDIO[16_000:])
    threading.Timer(0.1, recognizer.may_go_on.set).start()
    stream.cancel()
    assert recognizer.made[0].closed
    stream.close()
    assert not [event for event in stream.events() if isinstance(event, Final)]
    assert len(recognizer.made) == 1
    assert not threads()


def test_what_goes_wrong_in_the_worker_is_raised_where_the_stream_is_used() -> None:
    stream = Stream(Broken().parts(), StreamOptions(), worker=True)
    stream.feed(AUDIO[:32_000])
    with pytest.raises(MemoryError):
        list(stream.events())
    with pytest.raises(MemoryError):
        stream.feed(AUDIO)
    with pytest.raises(MemoryError):
        stream.close()
    time.sleep(0)
    assert not threads()
