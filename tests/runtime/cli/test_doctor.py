"""`edge-asr doctor`: what it prints, and its exit code; every probe is a real one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema
import pytest

from edge_runtime.errors import ExitCode
from tests.support.command import Command

SCHEMA = Path(__file__).parents[3] / "engines" / "doctor.schema.json"


def test_here_the_cpu_runs_and_the_document_fits_its_schema(command: Command, tiny_bundle: Path) -> None:
    outcome = command("doctor", "--json", tiny_bundle)
    assert outcome.code == ExitCode.OK
    (line,) = outcome.out.splitlines()
    report = json.loads(line)
    jsonschema.validate(report, json.loads(SCHEMA.read_text("utf-8")))
    assert report["usable"] is True
    assert {backend["target"]: backend["passed"] for backend in report["backends"]}["ort-cpu"] is True
    assert [bundle["opened"] for bundle in report["bundles"]] == [True]
    statuses = {finding["code"]: finding["status"] for finding in report["findings"]}
    assert statuses["backend.ort-cpu"] == statuses["backend.ort-cpu.codes"] == "ok"


def test_where_nothing_runs_the_table_says_why_and_the_exit_code_is_that_of_back_ends(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No back end loads, whatever is installed.
    for name in ("onnxruntime", "tensorrt", "tensorrt_rtx"):
        text = f"raise ModuleNotFoundError(\"No module named '{name}'\", name='{name}')"
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", "/sys/kernel")
    monkeypatch.setenv("XDG_CACHE_HOME", "/sys/kernel")
    outcome = command("doctor")
    assert outcome.code == ExitCode.BACKEND
    assert outcome.err == ""
    lines = [line.split(maxsplit=2) for line in outcome.out.splitlines()]
    statuses = {words[1]: words[0] for words in lines if words and words[0] in ("ok", "warning", "failed")}
    assert statuses["ffmpeg"] == statuses["storage.home"] == "warning"
    assert "failed" in (statuses["backend.ort-cpu"], statuses["backend.tensorrt"])
    assert "$ pip install 'edge-asr[" in outcome.out
    assert "$ sudo apt-get install ffmpeg" in outcome.out
    assert outcome.out.splitlines()[-1].startswith("not usable; back ends that run: none;")
