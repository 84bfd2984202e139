"""Server: queries come at random moments, whether the last one is done or not, and wait for their turn."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edge_bench.speed.recordings import BenchRecording
from edge_bench.speed.scenarios.clock import Clock
from edge_bench.speed.scenarios.scenario import Measured, Query, ScenarioName, Service, Work
from edge_runtime.arrays import Seconds


@dataclass(frozen=True, slots=True)
class Server:
    """Poisson arrivals: the times between two are exponential, of mean 1 / rate.

    A latency counts from the planned arrival, so no query comes later because another took long.

    Attributes:
        rate: queries a second.
        num_queries: of which each is of a recording drawn at random.
        seed: of arrivals and recordings; the same seed, rate and list give the same load.
        batch_size: most queries of those that wait to decode together.
    """

    rate: float
    num_queries: int
    seed: int
    batch_size: int
    name: ClassVar[ScenarioName] = "server"

    def run(self, service: Service, recordings: Sequence[BenchRecording], clock: Clock) -> Measured:
        """Let queries come, and transcribe them in the order in which they come."""
        arrivals, picks = self.load(len(recordings))
        began = clock.now()
        queries: list[Query] = []
        works: list[Work] = []
        while (first := len(queries)) < self.num_queries:
            if (wait_s := began + arrivals[first] - clock.now()) > 0:
                clock.sleep(wait_s)
            start_s = clock.now() - began
            arrived = max(first + 1, bisect_right(arrivals, start_s))
            chosen = range(first, min(arrived, first + self.batch_size))
            taken = [recordings[picks[index]] for index in chosen]
            runs = iter([service.one(taken[0])]) if len(taken) == 1 else service.several(taken)
            for index, run in zip(chosen, runs, strict=True):
                ended_s = clock.now() - began
                queries.append(
                    Query(
                        recording=picks[index],
                        audio_s=recordings[picks[index]].duration_s,
                        start_ms=1e3 * arrivals[index],
                        wait_ms=1e3 * (start_s - arrivals[index]),
                        latency_ms=1e3 * (ended_s - arrivals[index]),
                        run=run,
                    )
                )
            audio_s = sum(recording.duration_s for recording in taken)
            busy_ms = 1e3 * (clock.now() - began - start_s)
            works.append(Work(tuple(picks[index] for index in chosen), audio_s, busy_ms))
        return Measured(tuple(queries), tuple(works), 1e3 * (clock.now() - began))

    def load(self, num_recordings: int) -> tuple[list[Seconds], list[int]]:
        """Return when each query comes, since the beginning, and which recording it is of."""
        generator = np.random.default_rng(self.seed)
        gaps = generator.exponential(1 / self.rate, self.num_queries)
        picks = generator.integers(num_recordings, size=self.num_queries)
        return np.cumsum(gaps).tolist(), picks.tolist()
