"""A folder of recordings, some broken, by a process that is killed or interrupted half-way."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from edge_runtime.errors import ExitCode
from tests.support.decodes import COUNTED, decodes, write_recordings
from tests.support.process import run
from tests.support.tiny_bundle import SPEECH_TEXT

NUM_BROKEN = 5


@pytest.mark.parametrize("count", [50, pytest.param(1000, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("signal", "code"), [("SIGKILL", -9), ("SIGINT", ExitCode.INTERRUPTED)])
def test_a_run_that_stopped_half_way_goes_on_and_does_nothing_twice(
    tmp_path: Path, tiny_bundle: Path, signal: str, code: int, count: int
) -> None:
    names = [path.name for path in write_recordings(tmp_path / "in", count, NUM_BROKEN)]
    out, log, report = tmp_path / "out", tmp_path / "decodes", tmp_path / "report.json"
    arguments = ("run", tmp_path / "in", "-m", tiny_bundle, "-o", out, "--resume", "--report", report, "-q")
    half = {"DIE_AT": str(count // 2), "DIE_BY": signal}
    counted = partial(run, *arguments, preload=COUNTED, timeout_s=60 + count, DECODES=str(log))
    stopped = counted(**half)
    assert stopped.returncode == code
    assert len(list(out.glob("*.txt"))) == count // 2 - 1
    document = json.loads(report.read_text("utf-8"))
    assert (document["complete"], document["num_recordings"]) == (False, count)
    if signal == "SIGINT":
        assert document["num_done"] == count // 2 - 1

    went_on = counted()
    assert went_on.returncode == ExitCode.SOME_INPUTS_FAILED
    document = json.loads(report.read_text("utf-8"))
    counts = [document[f"num_{name}"] for name in ("recordings", "skipped", "done", "failed")]
    assert counts == [count, count // 2 - 1, count - count // 2 + 1 - NUM_BROKEN, NUM_BROKEN]
    assert document["complete"]
    texts = {path.name: path.read_text("utf-8") for path in out.glob("*.txt")}
    assert texts == {f"{name[:-4]}.txt": f"{SPEECH_TEXT}\n" for name in names[:-NUM_BROKEN]}
    in_flight = names[count // 2 - 1]
    assert decodes(log) == {name: 1 + (name == in_flight) for name in names}

    counted()
    assert decodes(log) == {name: 1 + (name == in_flight) for name in names}


def test_a_recording_that_ended_the_process_twice_is_left_out(tmp_path: Path, tiny_bundle: Path) -> None:
    write_recordings(tmp_path / "in", 4)
    out, log, report = tmp_path / "out", tmp_path / "decodes", tmp_path / "report.json"
    arguments = ("run", tmp_path / "in", "-m", tiny_bundle, "-o", out, "--resume", "--report", report)
    dies = {"DIE_OF": "0001.wav", "DIE_BY": "SIGKILL", "DECODES": str(log)}
    assert run(*arguments, preload=COUNTED, **dies).returncode == -9
    assert len(list(out.glob("*.txt"))) == 1
    assert run(*arguments, preload=COUNTED, **dies).returncode == -9
    assert len(list(out.glob("*.txt"))) == 3, "the others come first"
    last = run(*arguments, preload=COUNTED, **dies)
    assert last.returncode == ExitCode.SOME_INPUTS_FAILED
    assert b"0001.wav: left out: the process ended or took too long twice" in last.stderr
    assert decodes(log) == {"0000.wav": 1, "0001.wav": 2, "0002.wav": 1, "0003.wav": 1}
    (failed,) = [one for one in json.loads(report.read_text("utf-8"))["files"] if one["error"]]
    assert failed["error"]["type"] == "PoisonedRecording"
