"""What a scenario drives, and what it returns.

A query is one recording to transcribe. Its latency ends when its transcript is on the host, so that every
device has done its work: token ids are read back after each step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from edge_bench.speed.recordings import BenchRecording
from edge_bench.speed.run import Run
from edge_bench.speed.scenarios.clock import Clock
from edge_runtime.arrays import Milliseconds, Seconds

ScenarioName = Literal["single-stream", "offline", "server"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One recording that was transcribed.

    Attributes:
        recording: its index in the list of recordings.
        audio_s: its length.
        start_ms: when it came, since the first one could.
        wait_ms: from then until its decoding began.
        latency_ms: from then until its transcript was there; `wait_ms` is part of it.
        run: stages of its transcription.
    """

    recording: int
    audio_s: Seconds
    start_ms: Milliseconds
    wait_ms: Milliseconds
    latency_ms: Milliseconds
    run: Run


@dataclass(frozen=True, slots=True)
class Work:
    """What was done without a pause: one query, or several that were decoded together.

    Attributes:
        recordings: their indices.
        audio_s: their length together.
        busy_ms: how long it took.
    """

    recordings: tuple[int, ...]
    audio_s: Seconds
    busy_ms: Milliseconds


@dataclass(frozen=True, slots=True)
class Measured:
    """What a scenario measured.

    Attributes:
        queries: in the order in which they came.
        works: in the order in which they were done.
        wall_ms: from the first query to the last transcript, waiting included.
    """

    queries: tuple[Query, ...]
    works: tuple[Work, ...]
    wall_ms: Milliseconds


class Service(Protocol):
    """Turns recordings into transcripts, whose stages it returns."""

    def one(self, recording: BenchRecording) -> Run:
        """Transcribe one recording."""
        ...

    def several(self, recordings: Sequence[BenchRecording]) -> Iterator[Run]:
        """Transcribe recordings together; each in order, as soon as it is known."""
        ...


class Scenario(Protocol):
    """A way in which queries come."""

    @property
    def name(self) -> ScenarioName:
        """MLPerf's name of it."""
        ...

    def run(self, service: Service, recordings: Sequence[BenchRecording], clock: Clock) -> Measured:
        """Let the queries come, and measure them."""
        ...
