"""The table of a measurement."""

from __future__ import annotations

from pathlib import Path

from edge_runtime.errors import ExitCode
from tests.support.command import Command


def test_the_table_has_a_row_for_every_figure(command: Command, tiny_bundle: Path, clip: Path) -> None:
    outcome = command("bench", clip, "-m", tiny_bundle, "--repeats", 3, "--warm-up", 1, "--threads", 2)
    lines = outcome.out.splitlines()
    assert (outcome.code, outcome.err) == (ExitCode.OK, "")
    assert lines[0].startswith("bundle       tiny  (ort-cpu, fp32, ")
    assert lines[1] == f"audio        {clip}  (1.0 s)"
    assert lines[2] == "scenario     single-stream, 3 queries, threads: 2"
    assert lines[3].startswith("warm-up      1 pass, 0.")
    labels = [line[:18].strip() for line in lines]
    assert {"RTF", "TTFT ms", "audio decode ms", "encoder ms", "step ms per token", "tok/s"} <= set(labels)
    (head,) = (line for line in lines if line.split() == ["min", "p50", "p90", "p95", "p99", "max"])
    figures = lines[lines.index(head) + 1 : lines.index("", lines.index(head))]
    assert {len(line) for line in figures} == {len(head)}, "aligned"
    for line in figures:
        values = list(map(float, line[18:].split()))
        assert values == sorted(values)
    assert "steadiness   too few runs to tell; 6 of the same recording at least" in lines
    assert "             energy not readable here" in lines or "idle" in outcome.out


def test_what_no_run_has_is_a_dash_in_the_table(command: Command, tiny_bundle: Path, clip: Path) -> None:
    arguments = ("--repeats", 1, "--warm-up", 0, "--max-new-tokens", 1)
    outcome = command("bench", clip, "-m", tiny_bundle, *arguments)
    (row,) = (line for line in outcome.out.splitlines() if line.startswith("tok/s"))
    assert row.split() == ["tok/s", *"------"]
    assert "1 a query (truncated)" in outcome.out
