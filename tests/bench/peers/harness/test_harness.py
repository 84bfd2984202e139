"""A comparison with other programs, on stand-ins."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from edge_bench.peers.catalogue import OURS
from edge_bench.peers.harness.harness import Harness, Request
from edge_bench.peers.harness.process import WorkerResult
from edge_bench.peers.harness.worker import Job
from edge_bench.peers.peer import Settings
from edge_runtime.errors import CheckFailedError
from tests.bench.support.peers import CLIP, TIMES


class _Workers:
    """Answers without processes; every job is noted."""

    def __init__(self, **missing: str) -> None:
        self.jobs: list[Job] = []
        self._missing = missing

    def __call__(self, _python: Path, job: Job) -> WorkerResult:
        self.jobs.append(job)
        reason = self._missing.get(job.peer) or self._missing.get(f"{job.peer}_{job.action}")
        if reason:
            return WorkerResult(reason)
        faster = replace(TIMES, step_ms=5.0) if job.peer == OURS else TIMES
        return WorkerResult(None, (faster,) if job.action == "run" else (), {job.peer: "1.0"})


def _request(tmp_path: Path) -> Request:
    return Request(
        settings=Settings(threads=2, work=tmp_path),
        bundles=(tmp_path / "m.int8", tmp_path / "m.int4"),
        peers=("antirez", "sherpa-onnx"),
        clips=(CLIP,),
        num_tokens=11,
        rounds=2,
    )


def test_peers_and_bundles_run_in_turn_and_are_compared(tmp_path: Path) -> None:
    workers, printed = _Workers(**{"sherpa-onnx": "it is not installed"}), []
    comparison = Harness(_request(tmp_path), printed.append, workers).run()
    measured = [job.settings.bundle or job.peer for job in workers.jobs if job.action == "run"]
    int8, int4 = tmp_path / "m.int8", tmp_path / "m.int4"
    assert measured == ["antirez", int8, "antirez", int4] * 2
    assert "left out: sherpa-onnx: it is not installed" in printed
    text = comparison.markdown()
    assert "* left out: sherpa-onnx: it is not installed\n" in text
    assert "| antirez | 4 | 10 | 100 | 50 | 20.0 | 360 | 4 |\n" in text
    assert "| edge-asr m.int4 | 2 | 10 | 100 | 50 | 5.0 | 210 | 4 |\n" in text
    assert "| edge-asr m.int8 | antirez | 1.00 | 1.00 | 4.00 | 1.71 |\n" in text
    assert "sherpa" not in text.partition("## talk.wav")[2], "what is left out has no row"
    document = json.loads(comparison.to_json())
    assert "/" not in document["results"][0]["clip"]["wav"], "results show no folders"
    assert document["schema"] == "edge-asr/peers@1"
    assert document["missing"] == {"sherpa-onnx": "it is not installed"}
    assert len(document["results"][0]["runs"]["antirez"]) == 4
    assert document["versions"]["antirez"] == "1.0"


def test_a_peer_that_fails_in_a_round_is_left_out_and_the_rest_goes_on(tmp_path: Path) -> None:
    workers = _Workers(antirez_run="its process ended with -9: killed")
    comparison = Harness(_request(tmp_path), lambda _: None, workers).run()
    assert comparison.missing == {"antirez": "its process ended with -9: killed"}
    assert len([job for job in workers.jobs if (job.peer, job.action) == ("antirez", "run")]) == 1
    assert {row.name for row in comparison.results[0].rows} >= {"edge-asr m.int8", "edge-asr m.int4"}


def test_a_bundle_of_ours_that_fails_ends_the_comparison(tmp_path: Path) -> None:
    workers = _Workers(**{OURS: "no bundle here"})
    with pytest.raises(CheckFailedError, match=r"m\.int8: cannot be measured: no bundle here"):
        Harness(_request(tmp_path), lambda _: None, workers).run()
