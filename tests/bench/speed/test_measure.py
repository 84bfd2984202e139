"""A bundle whose answers are planted, in every scenario."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from edge_bench.speed.loading import load
from edge_bench.speed.measure import measure
from edge_bench.speed.options import BenchOptions
from edge_bench.speed.recordings import read_recordings
from edge_bench.speed.report import Report
from edge_bench.speed.run import run_of
from tests.bench.support.speed import SCHEMA
from tests.support.tiny_bundle import SPEECH_ANSWER

NUM_TOKENS = len(SPEECH_ANSWER) - 1
"""The last one ends the answer."""


def measured(bundle: Path, clip: Path, options: BenchOptions) -> Report:
    """Measure a clip and two seconds of noise."""
    loaded = load(bundle, options)
    return measure(loaded, read_recordings([clip], [2.0], loaded.recognizer.bundle.manifest), options)


def test_times_of_a_run_are_those_of_its_transcript(tiny_bundle: Path, clip: Path) -> None:
    transcript = load(tiny_bundle, BenchOptions()).recognizer.transcribe(clip)
    run, timing = run_of(transcript), transcript.timing
    assert (run.encoder_ms, run.total_ms, run.rtf) == (timing.encoder_ms, timing.total_ms, timing.rtf)
    # The end-of-sequence token is a step as well.
    assert run.step_ms == pytest.approx(timing.generate_ms / NUM_TOKENS)


def test_every_stage_is_part_of_the_latency_and_the_rates_are_sums_over_sums(
    tiny_bundle: Path, clip: Path
) -> None:
    report = measured(tiny_bundle, clip, BenchOptions(warm_up=0, repeats=3))
    assert [query.recording for query in report.queries] == [0, 1] * 3
    for query in report.queries:
        run = query.run
        stages = run.decode_ms + run.frontend_ms + run.encoder_ms + run.prefill_ms + run.generate_ms
        assert 0 < stages <= run.total_ms <= query.latency_ms
        assert run.rtf == pytest.approx(run.total_ms / 1e3 / query.audio_s)
    latency_s = sum(query.latency_ms for query in report.queries) / 1e3
    assert report.speed.rtf.value == pytest.approx(latency_s / 9.0)
    assert report.speed.rtfx.value == pytest.approx(9.0 / latency_s)
    assert report.warm_up.passes == 0
    assert report.machine.absent


@pytest.mark.parametrize("scenario", ["offline", "server"])
def test_recordings_are_decoded_together_where_the_scenario_allows_it(
    tiny_bundle: Path, clip: Path, scenario: str
) -> None:
    options = BenchOptions(scenario=scenario, warm_up=1, repeats=3, batch_size=4, rate=1e6)
    report = measured(tiny_bundle, clip, options)
    sizes = [len(work.recordings) for work in report.works]
    # All come at once: how many the first finds there depends on the threads.
    assert sizes == [4, 4, 4] if scenario == "offline" else sum(sizes) == 6 and max(sizes) == 4
    jsonschema.validate(json.loads(report.to_json()), json.loads(SCHEMA.read_text("utf-8")))
