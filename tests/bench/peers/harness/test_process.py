"""What goes to a worker process, and what comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_bench.peers.harness.process import WorkerResult, environment, parse_result, run_worker
from edge_bench.peers.harness.worker import Job, job_of
from edge_bench.peers.peer import PeerError, Settings, StageTimes
from tests.bench.support.peers import CLIP, HERE


def test_a_job_survives_the_way_to_a_worker(tmp_path: Path) -> None:
    settings = Settings(threads=2, work=tmp_path, hf=tmp_path / "hf")
    job = Job(peer="antirez", action="run", settings=settings, clips=(CLIP,), num_tokens=7)
    assert job_of(job.to_json()) == job


def test_an_answer_is_the_last_line_whatever_libraries_print_before() -> None:
    output = (
        'noise\n{"missing": null, "times": [{"prefill_ms": 2.0, "step_ms": 1.0}], "versions": {"a": "1"}}\n'
    )
    assert parse_result(output) == WorkerResult(None, (StageTimes(prefill_ms=2.0, step_ms=1.0),), {"a": "1"})
    with pytest.raises(PeerError, match="cannot be read"):
        parse_result("noise\n")


def test_workers_get_no_more_threads_than_were_requested() -> None:
    actual = environment(2, {"OMP_NUM_THREADS": "64", "PYTHONPATH": "/elsewhere", "LANG": "C"})
    assert actual["OMP_NUM_THREADS"] == actual["OPENBLAS_NUM_THREADS"] == "2"
    assert actual["PYTHONPATH"].endswith(":/elsewhere")
    assert actual["LANG"] == "C"


def test_a_package_that_is_not_installed_and_a_python_that_is_not_there_are_answers(tmp_path: Path) -> None:
    settings = Settings(threads=1, work=tmp_path)
    job = Job(peer="sherpa-onnx", action="available", settings=settings)
    assert run_worker(HERE, job).missing, "not installed, or not able to"
    assert "cannot be started" in (run_worker(tmp_path / "python", job).missing or "")
