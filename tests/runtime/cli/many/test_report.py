"""`edge-asr run --report`: a document and a table about every recording."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from edge_runtime.cli.many.report import FileReport, ReportedError, make_report
from edge_runtime.cli.many.summary import clock, summary
from edge_runtime.errors import ExitCode
from tests.support.command import Command

SCHEMA = Path(__file__).parents[4] / "engines" / "report.schema.json"


def read_report(path: Path) -> Any:
    document = json.loads(path.read_text("utf-8"))
    jsonschema.validate(document, json.loads(SCHEMA.read_text("utf-8")))
    return document


def test_the_report_says_what_became_of_each(
    command: Command, folder: Path, tiny_bundle: Path, tmp_path: Path
) -> None:
    path = tmp_path / "report.json"
    outcome = command("run", folder, "-m", tiny_bundle, "-o", tmp_path / "out", "--report", path)
    assert outcome.code == ExitCode.SOME_INPUTS_FAILED
    document = read_report(path)
    assert document["complete"]
    assert [document[f"num_{name}"] for name in ("recordings", "done", "failed", "skipped")] == [6, 5, 1, 0]
    assert document["audio_s"] == pytest.approx(0.5)
    assert document["rtf"] == pytest.approx(document["wall_s"] / 0.5)
    first, *_, last = document["files"]
    assert first["sha256"] == hashlib.sha256((folder / "0000.wav").read_bytes()).hexdigest()
    assert (first["status"], first["transcript_status"], first["language"]) == ("done", "ok", "English")
    assert first["outputs"] == [str(tmp_path / "out" / "0000.txt")]
    assert (last["status"], last["error"]["type"], last["outputs"]) == ("failed", "AudioError", [])
    assert "done            5" in outcome.err
    assert "AudioError: 1" in outcome.err


def test_what_is_there_is_skipped_with_its_reason(
    command: Command, folder: Path, tiny_bundle: Path, tmp_path: Path
) -> None:
    arguments = ("run", folder / "0000.wav", "-m", tiny_bundle, "-o", tmp_path / "out", "--skip-existing")
    command(*arguments)
    outcome = command(*arguments, "--report", tmp_path / "report.json", "-q")
    assert (outcome.code, outcome.err) == (ExitCode.OK, "")
    document = read_report(tmp_path / "report.json")
    assert (document["complete"], document["engine"], document["num_skipped"]) == (True, None, 1)
    assert document["files"][0]["reason"] == f"there is {tmp_path / 'out' / '0000.txt'}"


def test_a_report_that_cannot_be_written_is_told_before_the_work(
    command: Command, folder: Path, tiny_bundle: Path, tmp_path: Path
) -> None:
    outcome = command("run", folder, "-m", tiny_bundle, "--report", tmp_path)
    assert (outcome.code, outcome.out) == (ExitCode.USAGE, "")
    assert f"--report {tmp_path}: cannot be written" in outcome.err


def test_many_failures_of_a_kind_are_a_number_and_examples() -> None:
    error = ReportedError(type="AudioError", message="x.wav: no\naudio.", exit_code=4)
    files = [FileReport(path="x.wav", status="failed", tries=1, error=error)] * 8
    report = make_report(files, version="1", engine=None, num_recordings=9, wall_s=1.0, complete=False)
    lines = list(summary(report))
    assert lines[4].split() == ["not", "reached", "1"]
    assert lines[-7:] == ["  AudioError: 8", *["    x.wav: no audio."] * 5, "    and 3 more"]


def test_durations_are_as_on_a_clock() -> None:
    assert [clock(seconds) for seconds in (4.6, 754, 5025)] == ["0:05", "12:34", "1:23:45"]
