"""The table of a measurement."""

from __future__ import annotations

from pathlib import Path

from edge_bench.speed.measure import load, measure
from edge_bench.speed.report import BenchOptions
from edge_bench.speed.table import table
from edge_runtime.errors import ExitCode
from tests.support.command import Command


def test_the_table_has_a_row_for_every_figure(command: Command, tiny_bundle: Path, clip: Path) -> None:
    outcome = command("bench", clip, "-m", tiny_bundle, "--repeats", 3, "--threads", 2)
    lines = outcome.out.splitlines()
    assert (outcome.code, outcome.err) == (ExitCode.OK, "")
    assert lines[0].startswith("bundle       tiny  (ort-cpu, fp32, ")
    assert lines[1] == f"audio        {clip}  (1.0 s)"
    assert lines[2] == "runs         3 after 1 to warm up, threads: 2"
    labels = [line[:18].strip() for line in lines]
    assert {"RTF", "TTFT ms", "audio decode ms", "encoder ms", "step ms per token", "tok/s"} <= set(labels)
    (head,) = (line for line in lines if line.split() == ["min", "median", "max"])
    figures = lines[lines.index(head) + 1 : lines.index("", lines.index(head))]
    assert {len(line) for line in figures} == {len(head)}, "aligned"
    for line in figures:
        low, middle, high = map(float, line[18:].split())
        assert low <= middle <= high


def test_what_no_run_has_is_a_dash_in_the_table(tiny_bundle: Path, clip: Path) -> None:
    bench_options = BenchOptions(repeats=1, max_new_tokens=1)
    report = measure(load(tiny_bundle, bench_options), clip, bench_options)
    (row,) = (line for line in table(report).splitlines() if line.startswith("tok/s"))
    assert row.split() == ["tok/s", "-", "-", "-"]
    assert "1 a run (truncated)" in table(report)
