"""Who is decoded next: all in turns, those with equal options together."""

from __future__ import annotations

import socket
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

from edge_runtime.serve.model.frames import Channel, to_frame
from edge_runtime.serve.model.messages import Flush, Samples, Transcribe
from edge_runtime.serve.worker.transcription import Transcription
from edge_runtime.serve.worker.waiting import Waiting
from tests.support.server import until


def job(number: int, steps: int, options: Any = "plain") -> Transcription:
    """A request with so many pieces, which are its number."""
    made = Transcription(Transcribe(id=number, path=""))
    made.recording = SimpleNamespace(options=options)  # type: ignore[assignment]  # what turns look at
    made.steps.extend([number] * steps)  # type: ignore[list-item]  # as a piece
    return made


def waiting_for(*jobs: Transcription) -> Waiting:
    waiting = Waiting()
    for one in jobs:
        waiting.add(one)
    return waiting


def taken(waiting: Waiting, num_pieces: int) -> list[list[Any]]:
    return [turn.steps for turn in waiting.take(num_pieces)]


def test_a_long_recording_shares_each_turn_with_the_short_ones() -> None:
    waiting = waiting_for(job(1, 9), job(2, 1), job(3, 1))
    assert taken(waiting, 4) == [[1, 1], [2], [3]]
    waiting.add(job(4, 1))
    assert taken(waiting, 4) == [[1, 1, 1], [4]]


def test_nobody_is_passed_over_when_there_are_more_than_a_turn_holds() -> None:
    waiting = waiting_for(*(job(number, 2) for number in range(1, 6)))
    assert taken(waiting, 3) == [[1], [2], [3]]
    assert taken(waiting, 3) == [[4], [5], [1]]


def test_only_equal_options_share_a_turn_and_the_others_are_next() -> None:
    waiting = waiting_for(job(1, 2), job(2, 2, options="another"), job(3, 2))
    assert taken(waiting, 8) == [[1, 1], [3, 3]]
    assert taken(waiting, 8) == [[2, 2]]


def test_a_reader_waits_for_room_and_stops_when_nobody_wants_the_rest() -> None:
    reading = job(1, 0)
    waiting = waiting_for(reading)
    results: list[bool] = []
    reader = Thread(target=lambda: results.extend(waiting.put(reading, 1) for _ in range(6)))  # type: ignore[arg-type]
    reader.start()
    until(lambda: len(reading.steps) == 4)
    assert taken(waiting, 1) == [[1]]
    until(lambda: len(reading.steps) == 4)
    waiting.remove(reading)
    reader.join(10)
    assert results == [True] * 5 + [False]
    assert len(waiting) == 0


def test_messages_come_as_they_were_sent_and_what_is_none_is_refused() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        channel = Channel(theirs)
        ours.sendall(to_frame(Samples(7, b"\0\1")) + to_frame(Flush(7)))
        assert channel.receive() == Samples(7, b"\0\1")
        assert channel.receive() == Flush(7)
        ours.sendall(b"\xff\xff\xff\xff")
        with pytest.raises(EOFError, match="a frame of"):
            channel.receive()
        ours.close()
        with pytest.raises(EOFError, match="closed"):
            channel.receive()
