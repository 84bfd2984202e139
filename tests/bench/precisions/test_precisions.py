"""Tables of precisions say what was measured and what is missed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from edge_bench.precisions import tool as tools
from edge_bench.precisions.aligner import ALIGNER_BUILDS, aligner_lines, score_aligner
from edge_bench.precisions.build import BUILDS, REFERENCE, ScoredBuild
from edge_bench.precisions.recognizer import Scored, read_summary, recognizer_lines, score_recognizer
from edge_bench.precisions.tool import Tool
from edge_runtime.errors import CheckFailedError
from tests.support.tiny_aligner import write_tiny_aligner
from tests.support.tiny_bundle import tone

FLOAT = {"wer_en": 2.41, "cer_zh": 2.76, "lid": 100.0, "no_speech": 98.61, "clips": 372.0}
SUMMARY = "scores: wer_en=2.41 cer_zh=2.76 lid=100.00 no_speech=98.61 clips=372"


class FakeTool(Tool):
    """Returns bundles that exist, and a fixed summary."""

    def build(self, build: ScoredBuild) -> Path:
        return self.work / build.precision

    def command(self, *arguments: str | Path) -> str:
        return f"noise\n{SUMMARY}\n"


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Tool:
    """Aligners in every precision: at int8 one slot of ten is another class, at int4 two."""
    folder = tmp_path_factory.mktemp("scored")
    late = {"fp32": None, "fp16": None, "int8": 9, "int8-w8a8": None, "int4": 8}
    for precision, slot in late.items():
        write_tiny_aligner(folder / precision, precision=precision, late_from=slot)
    return FakeTool("mini-aligner", folder, folder, folder)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """One recording of five words."""
    soundfile.write(tmp_path / "tone.wav", tone(4 * 16_000), 16_000)
    clip = {"id": "x", "audio": "tone.wav", "text": "one two three four five", "language": "English"}
    (tmp_path / "list.jsonl").write_text(json.dumps(clip))
    return tmp_path / "list.jsonl"


def test_the_summary_of_eval_is_read() -> None:
    assert read_summary(SUMMARY) == FLOAT


def test_points_are_the_larger_rise_of_an_error_rate_and_a_miss_is_marked() -> None:
    worse = {**FLOAT, "wer_en": 2.45, "cer_zh": 2.87, "lid": 90.0}
    better = {**FLOAT, "wer_en": 2.3, "cer_zh": 2.7}
    int8 = BUILDS[1]
    lines = list(recognizer_lines([Scored(REFERENCE, FLOAT), Scored(int8, worse), Scored(BUILDS[0], better)]))
    assert lines[0] == "| precision | wer_en | cer_zh | lid | no_speech | points | allowed |"
    assert lines[2] == "| fp32 | 2.41 | 2.76 | 100.00 | 98.61 |  |  |"
    assert lines[3] == "| int8, ort | 2.45 | 2.87 | 90.00 | 98.61 | +0.11 **missed** | 0.1 |"
    assert lines[4].endswith("| -0.06 | 0.1 |")


def test_shares_are_listed_with_their_limit_and_a_miss_is_marked(tool: Tool, corpus: Path) -> None:
    reported: list[str] = []
    lines = list(aligner_lines(score_aligner(tool, corpus, reported.append)))
    assert len(lines) == 2 + len(ALIGNER_BUILDS) == 2 + len(reported)
    assert lines[2] == "| fp16 | 100.00 | [100.00,100.00] | 100.00 | 0.00 | – | – | 99 |"
    assert lines[3] == "| int8, ort | 90.00 **missed** | [90.00,90.00] | 100.00 | 8.00 | – | – | 99 |"
    assert lines[6].startswith("| int4, ort | 80.00 **missed** | ")


def test_every_form_is_scored_after_the_reference(tool: Tool) -> None:
    scored = score_recognizer(tool, Path("list"), lambda _: None)
    assert [each.build for each in scored] == [REFERENCE, *BUILDS]
    assert scored[1].points_above(scored[0]) == 0


def test_a_missed_check_gives_its_figures_and_a_failure_is_reported(
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
    folders = [real.build(form) for form in (REFERENCE, *BUILDS)]
    assert len(set(folders)) == len(folders), "no form replaces another"
    assert real.worst_layers(BUILDS[1], 3) == ["| worst |"]
    built = {" ".join(command[2:]) for command in commands[:-1]}
    assert f"mini --precision int8 --lowering ort --output-dir {folders[2]} --quiet" in built
    assert f"mini --precision int8-w8a8 --calibrate-on speech --output-dir {folders[4]} --quiet" in built
    assert commands[-1][0] == "edge_export.tuning.layers"
    assert commands[-1][-1] == "clips"


def test_the_command_says_what_failed_in_one_line(corpus: Path, tmp_path: Path) -> None:
    options = ("aligner", str(corpus), "--checkpoint", "none")
    command = [sys.executable, "-m", "edge_bench.precisions", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (8, "")
    assert done.stderr.splitlines()[-1].startswith("error: `-m edge_runtime build-engines none ")
