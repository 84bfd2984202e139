"""Offline: all recordings are there at once; what counts is how long they take together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import ClassVar

from edge_bench.speed.recordings import BenchRecording
from edge_bench.speed.scenarios.clock import Clock
from edge_bench.speed.scenarios.scenario import Measured, Query, ScenarioName, Service, Work
from edge_runtime.arrays import Seconds


@dataclass(frozen=True, slots=True)
class Offline:
    """All recordings together, `repeats` times and for `min_duration_s` at least.

    Where they are fewer than a batch, again from the first.
    """

    repeats: int
    batch_size: int
    min_duration_s: Seconds = 0.0
    name: ClassVar[ScenarioName] = "offline"

    def run(self, service: Service, recordings: Sequence[BenchRecording], clock: Clock) -> Measured:
        """Transcribe them in batches."""
        count = max(len(recordings), self.batch_size)
        picks = tuple(islice(cycle(range(len(recordings))), count))
        audio_s = sum(recordings[pick].duration_s for pick in picks)
        began = clock.now()
        queries: list[Query] = []
        works: list[Work] = []
        while len(works) < self.repeats or clock.now() - began < self.min_duration_s:
            start = clock.now()
            for pick, run in zip(picks, service.several([recordings[pick] for pick in picks]), strict=True):
                queries.append(
                    Query(
                        recording=pick,
                        audio_s=recordings[pick].duration_s,
                        start_ms=1e3 * (start - began),
                        wait_ms=0.0,
                        latency_ms=1e3 * (clock.now() - start),
                        run=run,
                    )
                )
            works.append(Work(picks, audio_s, 1e3 * (clock.now() - start)))
        return Measured(tuple(queries), tuple(works), 1e3 * (clock.now() - began))
