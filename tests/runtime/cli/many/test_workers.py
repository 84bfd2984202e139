"""`edge-asr run --jobs`: the same results from processes of which one may crash or hang."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from edge_runtime.errors import ExitCode
from tests.support.decodes import write_recordings
from tests.support.process import command_line, environment, run
from tests.support.tiny_bundle import SPEECH_TEXT

ROOT = Path(__file__).parents[4]
FAULTS = """
import os, signal, sys, time
if "multiprocessing" in " ".join(sys.orig_argv):
    from edge_runtime.recognition.long import reading
    actual = reading.open_source

    def open_source(audio, *arguments, **named):
        if "crash" in audio.path.name:
            os.kill(os.getpid(), signal.SIGSEGV)
        if "hang" in audio.path.name:
            time.sleep(600)
        return actual(audio, *arguments, **named)

    reading.open_source = open_source
"""


@pytest.fixture
def faulty(tmp_path: Path) -> dict[str, str]:
    """An environment whose worker processes crash or hang at files of these names."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(FAULTS)
    return {
        "PYTHONPATH": os.pathsep.join([str(tmp_path / "site"), *filter(None, [os.environ.get("PYTHONPATH")])])
    }


def is_gone(group: int) -> bool:
    """Tell whether all processes of a group end within seconds."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def test_a_worker_that_crashes_takes_one_recording_along(
    tmp_path: Path, tiny_bundle: Path, faulty: dict[str, str]
) -> None:
    paths = write_recordings(tmp_path / "in", 7, num_broken=1)
    paths[2] = paths[2].rename(paths[2].with_name("0002-crash.wav"))
    report = tmp_path / "report.json"
    arguments = ("run", tmp_path / "in", "-m", tiny_bundle, "--jobs", 2, "--report", report, "--json")
    done = run(*arguments, "--batch-size", 2, **faulty)
    assert done.returncode == ExitCode.SOME_INPUTS_FAILED, done.stderr
    documents = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert [document["audio"]["path"] for document in documents] == list(map(str, paths))
    texts = [document.get("text") for document in documents]
    assert texts == [SPEECH_TEXT] * 2 + [None] + [SPEECH_TEXT] * 3 + [None]
    assert documents[2]["error"]["type"] == "WorkerLostError"
    assert "was ended by SIGSEGV, twice" in documents[2]["error"]["message"]
    assert b"trying again, the worker was ended by SIGSEGV" in done.stderr
    files = {file["path"]: file for file in json.loads(report.read_text("utf-8"))["files"]}
    assert (files[str(paths[2])]["tries"], files[str(paths[6])]["tries"]) == (2, 1)


@pytest.mark.slow
def test_a_worker_that_hangs_is_ended(tmp_path: Path, tiny_bundle: Path, faulty: dict[str, str]) -> None:
    paths = write_recordings(tmp_path / "in", 3)
    paths[1].rename(paths[1].with_name("0001-hang.wav"))
    out = tmp_path / "out"
    arguments = (
        "run",
        tmp_path / "in",
        "-m",
        tiny_bundle,
        "--jobs",
        1,
        "--timeout",
        10,
        "--resume",
        "-o",
        out,
    )
    done = run(*arguments, **faulty)
    assert done.returncode == ExitCode.SOME_INPUTS_FAILED, done.stderr
    assert b"the worker took longer than 10 s, twice" in done.stderr
    assert len(list(out.glob("*.txt"))) == 2
    again = run(*arguments, **faulty)
    assert b"0001-hang.wav: left out: the process ended or took too long twice" in again.stderr


@pytest.mark.slow
def test_an_interrupt_ends_the_workers_and_keeps_what_is_done(
    tmp_path: Path, tiny_bundle: Path, faulty: dict[str, str]
) -> None:
    paths = write_recordings(tmp_path / "in", 3)
    paths[2].rename(paths[2].with_name("0002-hang.wav"))
    out, report = tmp_path / "out", tmp_path / "report.json"
    words = command_line("run", tmp_path / "in", "-m", tiny_bundle, "-o", out, "-j", 1, "--report", report)
    with subprocess.Popen(
        words, env=environment(**faulty), stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        while len(list(out.glob("*.txt"))) < 2 and process.poll() is None:
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to all of them
        _, errors = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED, errors
    document = json.loads(report.read_text("utf-8"))
    assert (document["complete"], document["num_done"], document["num_failed"]) == (False, 2, 0)
    assert b"not reached     1" in errors
    assert is_gone(process.pid), "workers are still there"


def test_what_no_worker_can_do_ends_the_command_once(tmp_path: Path, tiny_bundle: Path) -> None:
    (clip,) = write_recordings(tmp_path / "in", 1)
    done = run("run", clip, "-m", tiny_bundle, "--jobs", 2, "--device", "cuda")
    assert (done.returncode, done.stdout) == (ExitCode.BACKEND, b"")
    assert done.stderr.count(b"edge-asr: error: ") == 1
    for arguments, word in ((("-", "--jobs", 2), b"standard input"), ((clip, "--timeout", 5), b"--jobs 1")):
        done = run("run", *arguments, "-m", tiny_bundle)
        assert done.returncode == ExitCode.USAGE
        assert word in done.stderr
