"""Single-stream: the next query comes when the last one is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from edge_bench.speed.recordings import BenchRecording
from edge_bench.speed.scenarios.clock import Clock
from edge_bench.speed.scenarios.scenario import Measured, Query, ScenarioName, Service, Work
from edge_runtime.arrays import Seconds


@dataclass(frozen=True, slots=True)
class SingleStream:
    """Every recording in turn, `repeats` times and for `min_duration_s` at least."""

    repeats: int
    min_duration_s: Seconds = 0.0
    name: ClassVar[ScenarioName] = "single-stream"

    def run(self, service: Service, recordings: Sequence[BenchRecording], clock: Clock) -> Measured:
        """Transcribe one after the other."""
        began = clock.now()
        queries: list[Query] = []
        while len(queries) < self.repeats * len(recordings) or clock.now() - began < self.min_duration_s:
            for index, recording in enumerate(recordings):
                queries.append(_query(service, index, recording, began, clock))
        wall_ms = 1e3 * (clock.now() - began)
        works = tuple(Work((query.recording,), query.audio_s, query.latency_ms) for query in queries)
        return Measured(tuple(queries), works, wall_ms)


def _query(service: Service, index: int, recording: BenchRecording, began: float, clock: Clock) -> Query:
    start = clock.now()
    run = service.one(recording)
    latency_ms = 1e3 * (clock.now() - start)
    return Query(
        recording=index,
        audio_s=recording.duration_s,
        start_ms=1e3 * (start - began),
        wait_ms=0.0,
        latency_ms=latency_ms,
        run=run,
    )
