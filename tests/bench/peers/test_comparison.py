"""The comparison with other programs, on stand-ins and on small models."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import soundfile
import typer

from edge_bench.peers import __main__ as command
from edge_bench.peers.catalogue import OURS, PEERS
from edge_bench.peers.clips import make_clips
from edge_bench.peers.harness import Harness, Request
from edge_bench.peers.peer import PeerError, Settings, StageTimes
from edge_bench.peers.process import WorkerResult, environment, parse_result, run_worker
from edge_bench.peers.schedule import alternate
from edge_bench.peers.summary import compare, summarize
from edge_bench.peers.worker import Job, job_of
from edge_runtime.errors import CheckFailedError, UsageError
from tests.bench.support.peers import CLIP, HERE
from tests.conftest import MINI_CHECKPOINT, ROOT
from tests.support.tiny_bundle import LOOP_ANSWER, tone, write_tiny_bundle

TIMES = StageTimes(frontend_ms=10.0, encoder_ms=100.0, prefill_ms=50.0, step_ms=20.0, peak_bytes=4_000_000)


def test_ours_runs_after_each_peer_and_everything_in_each_round() -> None:
    assert list(alternate(["a", "b"], ["X", "Y"], 1)) == ["a", "X", "b", "Y"]
    assert list(alternate(["a", "b", "c"], ["X"], 2)) == ["a", "X", "b", "X", "c", "X"] * 2
    order = list(alternate(["a", "b", "c"], ["X", "Y"], 2))
    assert order == ["a", "X", "b", "Y", "c", "X", "a", "Y", "b", "X", "c", "Y"], "neighbours change"
    assert list(alternate(["a"], ["X", "Y"], 1)) == ["a", "X", "a", "Y"]
    assert list(alternate([], ["X", "Y"], 1)) == ["X", "Y"]


def test_medians_are_of_each_stage_and_the_total_is_of_a_text_of_fixed_length() -> None:
    runs = [TIMES, replace(TIMES, encoder_ms=300.0), replace(TIMES, encoder_ms=120.0, step_ms=40.0)]
    row = summarize("peer", runs, num_tokens=11)
    assert (row.num_runs, row.encoder_ms, row.step_ms) == (3, 120.0, 20.0)
    assert row.total_ms == pytest.approx(10 + 120 + 50 + 10 * 20), "the first token is the prefill's"


def test_a_ratio_is_their_time_over_ours_and_is_missing_where_a_stage_is() -> None:
    ours = summarize("ours", [replace(TIMES, encoder_ms=25.0, step_ms=10.0)], 11)
    ratio = compare(ours, summarize("peer", [TIMES], 11))
    assert (ratio.encoder, ratio.prefill, ratio.step) == (4.0, 1.0, 2.0)
    assert ratio.total == pytest.approx(360 / 185)
    decoder = compare(ours, summarize("decoder", [StageTimes(prefill_ms=75.0, step_ms=5.0)], 11))
    assert (decoder.encoder, decoder.prefill, decoder.step, decoder.total) == (None, 1.5, 0.5, None)


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
    assert "/" not in document["results"][0]["clip"]["wav"], "where a machine keeps a file is not told"
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


def test_our_own_row_is_measured_in_a_worker(tmp_path: Path) -> None:
    bundle = write_tiny_bundle(tmp_path / "bundle", LOOP_ANSWER)
    soundfile.write(tmp_path / "tone.flac", tone(32_000, sample_rate=32_000), 32_000)
    (clip,) = make_clips([tmp_path / "tone.flac"], bundle, tmp_path)
    assert (clip.name, clip.duration_s) == ("tone.flac", 1.0)
    assert clip.prompt_ids.count(clip.audio_id) == 13
    assert soundfile.info(clip.wav).samplerate == 16_000
    settings = Settings(threads=1, work=tmp_path, bundle=bundle)
    answer = run_worker(HERE, Job(peer=OURS, action="run", settings=settings, clips=(clip,), num_tokens=6))
    assert answer.missing is None
    (times,) = answer.times
    assert times.prefill_ms > 0
    assert (times.total_ms(6) or 0) > times.prefill_ms + 5 * times.step_ms


@pytest.mark.slow
def test_transformers_runs_a_checkpoint_in_a_worker(tmp_path: Path, tiny_bundle: Path) -> None:
    (clip,) = make_clips([ROOT / "tests" / "clips" / "en-00001.flac"], tiny_bundle, tmp_path)
    settings = Settings(threads=1, work=tmp_path, hf=MINI_CHECKPOINT)
    job = Job(peer="transformers bf16", action="run", settings=settings, clips=(clip,), num_tokens=4)
    answer = run_worker(HERE, job)
    assert answer.missing is None
    assert min(answer.times[0].encoder_ms or 0, answer.times[0].prefill_ms, answer.times[0].step_ms) > 0


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """What the command would have compared."""
    seen: list[Request] = []

    class Refusing:
        def __init__(self, request: Request, *_: object) -> None:
            seen.append(request)

        def run(self) -> None:
            raise CheckFailedError("as planted")

    monkeypatch.setattr(command, "Harness", Refusing)
    monkeypatch.setattr(command, "make_clips", lambda *_: (CLIP,))
    return seen


def run_command(**options: Any) -> int:
    """Return the exit code of a comparison that does not come to its end."""
    with pytest.raises(typer.Exit) as caught:
        command.main([Path("m.int8")], [Path("talk.wav")], **options)
    return caught.value.exit_code


def test_checkpoints_are_told_apart_by_their_layout(requests: list[Request], tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"thinker_config": {}}')
    assert run_command(checkpoint=[MINI_CHECKPOINT, tmp_path]) == CheckFailedError.exit_code
    (request,) = requests
    assert (request.settings.hf, request.settings.original) == (MINI_CHECKPOINT, tmp_path)
    assert request.peers == tuple(PEERS), "all, where none is named"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"checkpoint": [Path("nowhere")]}, "nowhere: not a checkpoint"),
        ({"peer": ["whisper"]}, "No peer 'whisper'; there are: antirez, llama"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    requests: list[Request], capsys: pytest.CaptureFixture[str], options: dict[str, Any], message: str
) -> None:
    assert run_command(**options) == UsageError.exit_code
    assert not requests
    assert message in capsys.readouterr().err
