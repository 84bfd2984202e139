"""Latencies, waits and rates of planted times."""

from __future__ import annotations

from itertools import pairwise

import pytest

from edge_bench.speed.measure import speed_of
from edge_bench.speed.options import BenchOptions
from edge_bench.speed.scenarios.choice import choose_scenario
from edge_bench.speed.scenarios.offline import Offline
from edge_bench.speed.scenarios.server import Server
from edge_bench.speed.scenarios.single_stream import SingleStream
from edge_bench.speed.scenarios.warm_up import warm_up
from tests.bench.support.scenarios import PlantedClock, PlantedService, recordings


def service_of(*times_s: float) -> PlantedService:
    return PlantedService(PlantedClock(), list(times_s))


def test_single_stream_asks_the_next_when_the_last_is_done() -> None:
    service = service_of(0.5, 0.25, 1.0, 0.25)
    measured = SingleStream(2).run(service, recordings(5.0, 2.0), service.clock)
    assert [query.latency_ms for query in measured.queries] == [500, 250, 1000, 250]
    assert [query.start_ms for query in measured.queries] == [0, 500, 750, 1750]
    # A sum over a sum: the mean of the ratios is 0.1375.
    assert speed_of(measured).rtf.value == pytest.approx(2.0 / 14.0)


def test_a_short_query_is_repeated_for_a_while_unless_a_number_is_requested() -> None:
    service = service_of(0.25)
    assert len(SingleStream(10, 5.0).run(service, recordings(5.0), service.clock).queries) == 20
    assert len(Offline(10, 1, 5.0).run(service, recordings(5.0), service.clock).works) == 20
    assert choose_scenario(BenchOptions(), 1) == SingleStream(10, 5.0)
    assert choose_scenario(BenchOptions(repeats=3), 1) == SingleStream(3)


def test_offline_counts_what_all_take_together() -> None:
    service = service_of(2.0, 4.0)
    measured = Offline(repeats=2, batch_size=3).run(service, recordings(6.0), service.clock)
    assert service.calls == [3, 3], "as many as a batch takes"
    speed = speed_of(measured)
    assert speed.rtfx.value == pytest.approx(36.0 / 6.0)
    assert speed.queries_per_s == pytest.approx(1.0)


def test_a_query_that_waits_is_late_by_the_wait_and_no_arrival_is_put_off() -> None:
    service = service_of(3.0)
    server = Server(rate=1.0, num_queries=50, seed=3, batch_size=1)
    arrivals, picks = server.load(2)
    measured = server.run(service, recordings(5.0, 2.0), service.clock)
    # Every third of a query a second is done: the queue grows.
    done = 0.0
    for arrival, query in zip(arrivals, measured.queries, strict=True):
        done = max(done, arrival) + 3.0
        assert query.start_ms == pytest.approx(1e3 * arrival)
        assert query.latency_ms == pytest.approx(1e3 * (done - arrival))
        assert query.wait_ms == pytest.approx(query.latency_ms - 3000)
    assert [query.recording for query in measured.queries] == picks
    assert speed_of(measured).busy_share > 0.95


def test_arrivals_are_poisson_and_the_same_for_the_same_seed() -> None:
    server = Server(rate=4.0, num_queries=20_000, seed=1, batch_size=1)
    arrivals, picks = server.load(3)
    gaps = [later - earlier for earlier, later in pairwise(arrivals)]
    mean = sum(gaps) / len(gaps)
    assert mean == pytest.approx(0.25, rel=0.02)
    # Of exponential times the deviation is the mean.
    assert (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5 == pytest.approx(mean, rel=0.03)
    assert set(picks) == {0, 1, 2}
    assert server.load(3) == (arrivals, picks)
    assert Server(4.0, 20_000, 2, 1).load(3)[0] != arrivals


def test_those_that_wait_are_decoded_together() -> None:
    service = service_of(10.0)
    server = Server(rate=2.0, num_queries=100, seed=5, batch_size=8)
    measured = server.run(service, recordings(5.0), service.clock)
    assert sum(service.calls) == 100
    assert service.calls[0] == 1
    assert service.calls[1:-1] == [8] * (len(service.calls) - 2)
    assert all(query.latency_ms - query.wait_ms == pytest.approx(10_000) for query in measured.queries)


def test_warm_up_goes_on_until_two_medians_agree() -> None:
    service = service_of(9.0, 3.0, 2.0, 1.5, 1.2, 1.05, 1.0)
    warmed = warm_up(service, recordings(5.0), None, service.clock)
    # After ten passes the median of the last three is 1.0 and that of the three before 1.05.
    assert (warmed.passes, warmed.is_steady, warmed.first_ms) == (11, True, 9000)


def test_warm_up_gives_up_after_a_minute_and_says_so() -> None:
    service = service_of(*(20.0 / 1.5**number for number in range(20)))
    warmed = warm_up(service, recordings(5.0), None, service.clock)
    assert warmed.is_steady is False
    assert 60 <= warmed.duration_s < 80
    requested = warm_up(service, recordings(5.0, 1.0), 2, service.clock)
    assert (requested.passes, requested.is_steady) == (2, None)
