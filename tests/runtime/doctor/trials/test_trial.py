"""Probes in processes of their own: each way in which a library is broken is a verdict."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from edge_runtime.doctor.trials.trial import Trial, run_trial
from tests.support.tiny_bundle import write_tiny_bundle

MISSING = "raise ModuleNotFoundError(\"No module named 'onnxruntime'\", name='onnxruntime')"
BROKEN = "raise ImportError('libonnxruntime.so.1: cannot open shared object file')"
CRASHING = "import os, signal, sys\nsys.stderr.write('about to crash')\nos.kill(os.getpid(), signal.SIGSEGV)"
UNNAMED = "import os\nos.kill(os.getpid(), 40)"
EXITING = "import os\nos._exit(3)"
HANGING = "import subprocess\nsubprocess.run(['sleep', '600'])"
CHATTING = (
    "import os\nos.write(1, b'{\"outcome\": \"passed\"}\\n')\nraise RuntimeError('no kernel\\nfor you')"
)


def plant(directory: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    """Put a module `onnxruntime` in front of the real one, for new processes."""
    directory.mkdir()
    (directory / "onnxruntime.py").write_text(source)
    paths = [str(directory), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))


def test_onnxruntime_runs_a_graph_here() -> None:
    trial = run_trial("ort-cpu")
    assert trial.passed
    assert trial.version
    assert trial.seconds > 0


def test_eight_bit_products_are_exact_here() -> None:
    assert run_trial("codes").passed


@pytest.mark.parametrize(
    ("source", "outcome", "parts"),
    [
        (MISSING, "missing", ("'onnxruntime', which is not installed", "edge-asr[cpu]")),
        (BROKEN, "failed", ("does not load", "libonnxruntime.so.1", "--force-reinstall")),
        (CRASHING, "died", ("SIGSEGV", "about to crash")),
        (UNNAMED, "died", ("ended by signal 40.",)),
        (EXITING, "died", ("exit code 3",)),
        (CHATTING, "failed", ("RuntimeError: no kernel for you",)),
    ],
    ids=["missing", "broken", "crashing", "unnamed", "exiting", "chatting"],
)
def test_a_broken_onnxruntime_is_a_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, outcome: str, parts: tuple[str, ...]
) -> None:
    plant(tmp_path / "planted", monkeypatch, source)
    trial = run_trial("ort-cpu")
    assert trial.outcome == outcome
    assert [part for part in parts if part not in trial.reason] == []


def test_a_library_that_hangs_is_ended_with_what_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(tmp_path / "planted", monkeypatch, HANGING)
    trial = run_trial("ort-cpu", limit_s=3)
    assert (trial.outcome, trial.reason) == ("timeout", "It gave no answer within 3 s.")
    assert trial.seconds < 60


class Interrupted(subprocess.Popen[bytes]):
    """A process whose caller is interrupted while it waits for the answer."""

    last: Interrupted

    def communicate(self, *arguments: Any, timeout: float | None = None) -> tuple[bytes, bytes]:
        type(self).last = self
        if timeout is not None:
            raise KeyboardInterrupt
        return super().communicate(*arguments)


def test_a_caller_that_is_interrupted_leaves_no_process_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(tmp_path / "planted", monkeypatch, HANGING)
    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_trial("ort-cpu")
    assert Interrupted.last.returncode == -signal.SIGKILL


def test_a_bundle_is_loaded(tiny_bundle: Path) -> None:
    assert run_trial("bundle", str(tiny_bundle)) == Trial(
        outcome="passed", facts={"num_graphs": 2}, seconds=pytest.approx(0, abs=60)
    )


def test_a_changed_bundle_is_not_loaded(tmp_path: Path) -> None:
    bundle = write_tiny_bundle(tmp_path / "bundle")
    graph = bundle / "decoder.onnx"
    graph.write_bytes(graph.read_bytes()[:-1] + b"\0")
    trial = run_trial("bundle", str(bundle))
    assert trial.outcome == "failed"
    assert "changed since it was built" in trial.reason


def test_an_unknown_probe_is_no_answer() -> None:
    assert run_trial("no-such-probe").outcome == "died"


def test_ffmpeg_decodes_the_tone() -> None:
    trial = run_trial("ffmpeg")
    if trial.outcome == "missing":
        pytest.skip("ffmpeg is not installed")
    assert trial.passed


def test_without_ffmpeg_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run_trial("ffmpeg").outcome == "missing"


def test_a_broken_ffmpeg_has_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\necho 'libavcodec.so.58: cannot open shared object file' >&2\nexit 127\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    trial = run_trial("ffmpeg")
    assert trial.outcome == "failed"
    assert "libavcodec.so.58" in trial.reason
