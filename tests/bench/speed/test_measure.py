"""Runs of a bundle whose answers are planted, and their figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge_bench.speed.figures import Spread
from edge_bench.speed.measure import figures_of, load, measure, run_of
from edge_bench.speed.report import BenchOptions, Run
from tests.support.tiny_bundle import SPEECH_ANSWER

NUM_TOKENS = len(SPEECH_ANSWER) - 1
"""The last one ends the answer."""

RUN = Run(
    rtf=0.5,
    ttft_ms=20.0,
    decode_ms=1.0,
    frontend_ms=2.0,
    encoder_ms=3.0,
    prefill_ms=4.0,
    generate_ms=10.0,
    total_ms=20.0,
    step_ms=5.0,
    decode_tok_s=200.0,
    num_tokens=3,
    status="ok",
)


def test_each_figure_is_summed_up_over_the_runs() -> None:
    runs = [RUN, replace(RUN, rtf=0.7, ttft_ms=None), replace(RUN, rtf=0.6, step_ms=9.0)]
    figures = figures_of(runs)
    assert figures.rtf == Spread(0.5, 0.6, 0.7)
    assert figures.step_ms == Spread(5.0, 5.0, 9.0)
    assert figures.ttft_ms == Spread(20.0, 20.0, 20.0)
    assert figures_of([replace(RUN, ttft_ms=None)]).ttft_ms is None


def test_times_of_a_run_are_those_of_its_transcript(tiny_bundle: Path, clip: Path) -> None:
    transcript = load(tiny_bundle, BenchOptions()).recognizer.transcribe(clip)
    run, timing = run_of(transcript), transcript.timing
    assert (run.encoder_ms, run.total_ms, run.rtf) == (timing.encoder_ms, timing.total_ms, timing.rtf)
    # The end-of-sequence token is a step as well.
    assert run.step_ms == pytest.approx(timing.generate_ms / NUM_TOKENS)


def test_every_stage_is_part_of_the_total_and_the_rates_follow(tiny_bundle: Path, clip: Path) -> None:
    bench_options = BenchOptions(warm_up=0, repeats=3)
    report = measure(load(tiny_bundle, bench_options), clip, bench_options)
    assert len(report.runs) == 3
    for run in report.runs:
        stages = run.decode_ms + run.frontend_ms + run.encoder_ms + run.prefill_ms + run.generate_ms
        assert 0 < stages <= run.total_ms
        assert run.rtf == pytest.approx(run.total_ms / 1e3 / report.audio.duration_s)
        assert run.step_ms == pytest.approx(1e3 / run.decode_tok_s)
        assert (run.num_tokens, run.status) == (NUM_TOKENS, "ok")


def test_runs_to_warm_up_are_not_among_the_measured_ones(
    tiny_bundle: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench_options = BenchOptions(warm_up=2, repeats=3)
    loaded = load(tiny_bundle, bench_options)
    transcribe, calls = loaded.recognizer.transcribe, []

    def counted(*arguments: object, **options: object) -> object:
        calls.append(arguments)
        return transcribe(*arguments, **options)

    monkeypatch.setattr(loaded.recognizer, "transcribe", counted)
    assert len(measure(loaded, clip, bench_options).runs) == 3
    assert len(calls) == 5
