"""The scores of the bench itself, on planted faults."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import jiwer
import msgspec
import pytest

from edge_bench.soundness.random_pairs import wrong_pairs
from edge_bench.soundness.repeated_bench import RepeatedBench
from edge_bench.speed.report import Report
from edge_bench.speed.statistics.steadiness import Steadiness
from tests.support.command import Command


def test_error_rates_are_those_of_jiwer_and_a_wrong_count_is_noticed() -> None:
    assert wrong_pairs(jiwer, 300, 1) == 0
    wrong = SimpleNamespace(
        process_words=lambda one, other: jiwer.process_words(one, other + " more"),
        process_characters=jiwer.process_characters,
    )
    assert wrong_pairs(wrong, 300, 1) > 100


@pytest.fixture
def report(command: Command, tiny_bundle: Path, clip: Path) -> Report:
    out = command("bench", clip, "-m", tiny_bundle, "--json", "--repeats", 2, "--warm-up", 0).out
    return msgspec.json.decode(out, type=Report)


def test_a_run_that_is_off_and_says_nothing_is_counted(report: Report) -> None:
    latency = report.figures.latency_ms
    assert latency is not None
    stable = replace(report, steadiness=Steadiness((1.0, 1.0), 0.0, True))
    unstable = replace(report, steadiness=Steadiness((1.0, 1.2), 0.2, False))

    def slower(one: Report, factor: float) -> Report:
        p50 = replace(latency.p50, value=factor * latency.p50.value)
        return replace(one, figures=replace(one.figures, latency_ms=replace(latency, p50=p50)))

    usual = (stable,) * 5
    assert RepeatedBench((*usual, slower(stable, 1.04))).num_unstable == 0
    assert RepeatedBench((*usual, slower(stable, 1.10))).num_unstable == 1
    assert RepeatedBench((*usual, slower(unstable, 1.10))).num_unstable == 0
