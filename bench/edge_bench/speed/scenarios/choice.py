"""The scenario of a measurement."""

from __future__ import annotations

from edge_bench.speed.options import MIN_DURATION_S, REPEATS, BenchOptions
from edge_bench.speed.scenarios.offline import Offline
from edge_bench.speed.scenarios.scenario import Scenario
from edge_bench.speed.scenarios.server import Server
from edge_bench.speed.scenarios.single_stream import SingleStream


def choose_scenario(options: BenchOptions, num_recordings: int) -> Scenario:
    """Return the scenario that is requested."""
    repeats = options.repeats or REPEATS
    min_duration_s = MIN_DURATION_S if options.repeats is None else 0.0
    if options.scenario == "server":
        return Server(options.rate, repeats * num_recordings, options.seed, options.batch_size)
    if options.scenario == "offline":
        return Offline(repeats, options.batch_size, min_duration_s)
    return SingleStream(repeats, min_duration_s)
