"""Live audio is read by a thread: paced, dropped where it must be, and ended at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Event

import numpy as np
import pytest

from edge_runtime.arrays import Waveform
from edge_runtime.cli.live.intake import Intake
from edge_runtime.cli.live.source import LiveSource
from edge_runtime.errors import AudioError

RATE = 1_000


def blocks(count: int, taken: Event | None = None) -> Iterator[Waveform]:
    for number in range(count):
        yield np.full(100, number, np.float32)
    if taken is not None:
        taken.set()


def values(intake: Intake) -> list[float]:
    return [float(block[0]) for block in intake.blocks() if block is not None]


def test_a_source_that_can_wait_loses_nothing() -> None:
    intake = Intake(LiveSource("-", RATE, blocks(50)), realtime=False, drops=False, max_held_s=0.3)
    time.sleep(0.1)
    assert values(intake) == list(range(50))
    assert intake.dropped_s == 0


def test_a_live_source_loses_the_oldest_and_it_is_counted() -> None:
    taken = Event()
    source = LiveSource("mic", RATE, blocks(50, taken), is_live=True)
    intake = Intake(source, realtime=False, drops=True, max_held_s=0.35)
    assert taken.wait(5)
    assert values(intake) == [47, 48, 49]
    assert intake.dropped_s == pytest.approx(4.7)


def test_a_recording_comes_at_its_own_speed() -> None:
    start = time.perf_counter()
    intake = Intake(LiveSource("a.wav", RATE, blocks(4)), realtime=True, drops=False, max_held_s=9)
    assert values(intake) == [0, 1, 2, 3]
    assert time.perf_counter() - start >= 0.4


def test_a_source_that_breaks_gives_what_it_had() -> None:
    def breaking() -> Iterator[Waveform]:
        yield from blocks(2)
        raise AudioError("unplugged")

    intake = Intake(LiveSource("mic", RATE, breaking()), realtime=False, drops=False, max_held_s=9)
    given: list[float] = []
    with pytest.raises(AudioError, match="unplugged"):
        given.extend(float(block[0]) for block in intake.blocks() if block is not None)
    assert given == [0, 1]


def test_a_silent_source_can_be_stopped() -> None:
    silent = Event()

    def waiting() -> Iterator[Waveform]:
        yield from blocks(1)
        silent.wait()

    intake = Intake(LiveSource("-", RATE, waiting()), realtime=False, drops=False, max_held_s=9)
    left = intake.blocks()
    assert next(block for block in left if block is not None)[0] == 0
    intake.stop()
    assert list(left) == []
    silent.set()
