"""A planted slowdown is caught; another machine is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from edge_bench.speed.comparison import compare, require_alike, setting_of
from edge_bench.speed.report import Report
from edge_runtime.errors import ExitCode, UsageError
from tests.support.command import Command


@pytest.fixture
def saved(command: Command, tiny_bundle: Path, clip: Path, tmp_path: Path) -> Path:
    """A report."""
    path = tmp_path / "old.json"
    command("bench", clip, "-m", tiny_bundle, "--repeats", 8, "--warm-up", 1, "--save", path)
    return path


def report_of(path: Path) -> Report:
    return msgspec.json.decode(path.read_bytes(), type=Report)


def slowed(report: Report, factor: float) -> Report:
    """Return a report whose machine took so many times as long."""
    latency = report.figures.latency_ms
    assert latency is not None
    median = replace(latency.p50, value=latency.p50.value * factor)
    return replace(report, figures=replace(report.figures, latency_ms=replace(latency, p50=median)))


def test_ten_percent_are_caught_and_one_is_not(saved: Path) -> None:
    old = report_of(saved)
    assert compare(old, slowed(old, 1.01)).slower(0.05) == ()
    (slower,) = compare(old, slowed(old, 1.10)).slower(0.05)
    assert (slower.name, slower.ratio) == ("p50 latency", pytest.approx(1.10))
    assert compare(old, slowed(old, 0.5)).slower(0.0) == ()


def test_the_command_ends_with_8_where_it_is_slower_and_with_0_where_it_is_not(
    command: Command, tiny_bundle: Path, clip: Path, saved: Path
) -> None:
    arguments = ("bench", clip, "-m", tiny_bundle, "--repeats", 8, "--warm-up", 1, "--compare", saved)
    fine = command(*arguments, "--fail-if-slower", "100000%")
    assert fine.code == ExitCode.OK
    assert "\ncompared     p50 latency " in fine.out
    saved.write_bytes(msgspec.json.encode(slowed(report_of(saved), 1e-3)))
    slow = command(*arguments, "--fail-if-slower", "5")
    assert slow.code == ExitCode.CHECK_FAILED
    assert "Slower than" in slow.err
    assert "p50 latency by" in slow.err


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("cpu", "Another CPU", "processor Another CPU there, "),
        ("num_cores", 99, "cores 99 there, "),
    ],
)
def test_another_machine_is_refused_before_anything_is_measured(
    command: Command, tiny_bundle: Path, clip: Path, saved: Path, field: str, value: object, named: str
) -> None:
    old = report_of(saved)
    other = replace(old, environment=replace(old.environment, **{field: value}))
    saved.write_bytes(msgspec.json.encode(other))
    refused = command("bench", clip, "-m", tiny_bundle, "--repeats", 10**9, "--compare", saved)
    assert refused.code == ExitCode.USAGE
    assert named in refused.error


def test_other_threads_bundles_and_recordings_are_named(saved: Path) -> None:
    old = report_of(saved)
    other = replace(
        old,
        asked=replace(old.asked, threads=7),
        engine=replace(old.engine, manifest_sha256="0" * 64),
        recordings=(),
    )
    with pytest.raises(UsageError, match=r"threads .*; bundle .*; recordings\. Measure both alike"):
        require_alike(setting_of(old), setting_of(other))
    require_alike(setting_of(old), setting_of(old))
