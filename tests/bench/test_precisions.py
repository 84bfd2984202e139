"""Tables of precisions say what was measured and what is missed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from edge_bench.gate.record import GatedBundle, GatedList
from edge_bench.gate.slots.comparison import SlotFigures
from edge_bench.gate.slots.limits import slot_limits_for
from edge_bench.gate.slots.record import SlotGateRecord
from edge_bench.precisions import tool as tools
from edge_bench.precisions.aligner import aligner_lines, score_aligner
from edge_bench.precisions.form import FORMS, REFERENCE
from edge_bench.precisions.recogniser import (
    Scored,
    read_summary,
    recogniser_lines,
    score_recogniser,
)
from edge_bench.precisions.tool import Tool
from edge_runtime.errors import CheckFailedError

FLOAT = {"wer_en": 2.41, "cer_zh": 2.76, "lid": 100.0, "no_speech": 98.61, "clips": 372.0}
SUMMARY = "scores: wer_en=2.41 cer_zh=2.76 lid=100.00 no_speech=98.61 clips=372"
FIGURES = SlotFigures("all", 10, 1000, 98.9, 98.5, 99.3, 99.9, 0.9, 20.0, 20.25)
HEX = "0" * 64


def record(precision: str, equal: float) -> SlotGateRecord:
    limits = slot_limits_for(precision)
    return SlotGateRecord(
        passed=equal >= limits.equal,
        failures=() if equal >= limits.equal else ("outside",),
        doubts=(),
        candidate=GatedBundle("m", "ort-cpu", precision, HEX),
        reference=GatedBundle("m", "ort-cpu", "fp32", HEX),
        corpus=GatedList("list", HEX, 10),
        limits=limits,
        figures=replace(FIGURES, equal=equal),
        languages=(),
        changed={},
    )


class FakeTool(Tool):
    """Answers without running anything."""

    asked: list[tuple[str, ...]]
    equal: Mapping[str, float]

    def build(self, form: object) -> Path:
        return Path(getattr(form, "name", "?"))

    def command(self, *arguments: str | Path) -> str:
        if arguments[0] == "eval":
            return f"noise\n{SUMMARY}\n"
        precision = str(arguments[3]).partition(",")[0]
        return f"{{}}\n{record(precision, 98.9).to_json().decode()}\n"


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    return FakeTool("mini", tmp_path, tmp_path, tmp_path)


def test_the_summary_of_eval_is_read() -> None:
    assert read_summary(SUMMARY) == FLOAT


def test_points_are_the_larger_rise_of_an_error_rate_and_a_miss_is_marked() -> None:
    worse = {**FLOAT, "wer_en": 2.45, "cer_zh": 2.87, "lid": 90.0}
    better = {**FLOAT, "wer_en": 2.3, "cer_zh": 2.7}
    int8 = FORMS[1]
    lines = list(recogniser_lines([Scored(REFERENCE, FLOAT), Scored(int8, worse), Scored(FORMS[0], better)]))
    assert lines[0] == "| precision | wer_en | cer_zh | lid | no_speech | points | allowed |"
    assert lines[2] == "| fp32 | 2.41 | 2.76 | 100.00 | 98.61 |  |  |"
    assert lines[3] == "| int8, ort | 2.45 | 2.87 | 90.00 | 98.61 | +0.11 **missed** | 0.1 |"
    assert lines[4].endswith("| -0.06 | 0.1 |")


def test_shares_are_listed_with_their_limit_and_a_miss_is_marked(tool: Tool) -> None:
    told: list[str] = []
    lines = list(aligner_lines(score_aligner(tool, Path("list"), told.append)))
    assert len(lines) == 2 + len(FORMS) == 2 + len(told)
    assert lines[3] == (
        "| int8, ort | 98.90 **missed** | [98.50,99.30] | 99.90 | 0.90 | 20.25 | +0.25 | 99 |"
    )
    assert lines[5].startswith("| int8-w8a8 | 98.90 | ")


def test_every_form_is_scored_after_the_reference(tool: Tool) -> None:
    scored = score_recogniser(tool, Path("list"), lambda _: None)
    assert [each.form for each in scored] == [REFERENCE, *FORMS]
    assert scored[1].points_above(scored[0]) == 0


def test_a_missed_check_gives_its_figures_and_a_failure_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real = Tool("mini", tmp_path, tmp_path, tmp_path)
    for code, out in ((8, "figures\n"), (0, "figures\n")):
        done = subprocess.CompletedProcess([], code, stdout=out)
        monkeypatch.setattr(tools.subprocess, "run", lambda *_, done=done, **__: done)
        assert real.command("gate", tmp_path) == "figures\n"
    for code, out in ((5, "half\n"), (8, "")):
        done = subprocess.CompletedProcess([], code, stdout=out)
        monkeypatch.setattr(tools.subprocess, "run", lambda *_, done=done, **__: done)
        with pytest.raises(CheckFailedError, match=rf"edge_runtime gate .*exit code {code}"):
            real.command("gate", tmp_path)


def test_options_of_a_form_go_to_the_build(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    commands: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(command[2:])
        return subprocess.CompletedProcess(command, 0, stdout="| a |\n|---|\n| worst |\n")

    monkeypatch.setattr(tools.subprocess, "run", run)
    real = Tool("mini", tmp_path / "work", Path("speech"), Path("clips"))
    folders = [real.build(form) for form in (REFERENCE, *FORMS)]
    assert len(set(folders)) == len(folders), "no form replaces another"
    assert real.worst_layers(FORMS[1], 3) == ["| worst |"]
    built = {" ".join(command[2:]) for command in commands[:-1]}
    assert f"mini --precision int8 --lowering ort --output-dir {folders[2]} --quiet" in built
    assert f"mini --precision int8-w8a8 --calibrate-on speech --output-dir {folders[4]} --quiet" in built
    assert commands[-1][0] == "edge_export.quantize.layers"
    assert commands[-1][-1] == "clips"


def test_the_command_says_what_failed_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "edge_bench.precisions", "aligner", "none.jsonl", "--checkpoint", "none"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (8, "")
    assert done.stderr.splitlines()[-1].startswith("error: `-m edge_runtime build-engines none ")
