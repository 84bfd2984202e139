"""A batch is measured beside single recordings where it is requested."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from edge_bench.speed.batch import measure_batch
from edge_bench.speed.loading import Loaded, load
from edge_bench.speed.measure import measure
from edge_bench.speed.options import BenchOptions
from edge_bench.speed.recordings import read_recordings
from edge_bench.speed.report import Report
from edge_bench.speed.table import table
from edge_runtime.audio.load import Audio
from edge_runtime.bundle.shipped import shipped_bundle
from edge_runtime.errors import UsageError
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.results.transcript import Transcript
from tests.bench.support.speed import SCHEMA


def report_of(
    loaded: Loaded, options: BenchOptions, *paths: Path, lengths_s: tuple[float, ...] = ()
) -> Report:
    """Measure recordings."""
    recordings = read_recordings(paths, lengths_s, loaded.recognizer.bundle.manifest)
    return measure(loaded, recordings, options)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, int | None]]:
    """Watch how many recordings are transcribed, how many at once, and in how much memory."""
    seen: list[tuple[int, int, int | None]] = []
    transcribe = Recognizer.transcribe_batch

    def watched(
        recognizer: Recognizer, audios: list[Audio], *, options: TranscribeOptions, batch_size: int
    ) -> list[Transcript]:
        seen.append((len(audios), batch_size, options.long.memory_budget_mb))
        return transcribe(recognizer, audios, options=options, batch_size=batch_size)

    monkeypatch.setattr(Recognizer, "transcribe_batch", watched)
    return seen


def test_several_at_once_are_measured_beside_the_same_one_after_the_other(
    tiny_bundle: Path, clip: Path, calls: list[tuple[int, int, int | None]]
) -> None:
    bench_options = BenchOptions(warm_up=0, repeats=3, batch_size=4)
    report = report_of(load(tiny_bundle, bench_options), bench_options, clip)
    assert calls == [(4, 4, None), *[(4, 1, 1), (4, 4, None)] * 3]
    batch = report.batch
    assert batch is not None
    assert batch.alone_ms.min / batch.together_ms.max <= batch.gain.median
    assert batch.gain.median <= batch.alone_ms.max / batch.together_ms.min
    assert f"4 recordings at once {batch.together_ms.median:.0f} ms" in table(report)
    assert table(report).endswith("the same tokens")
    jsonschema.validate(json.loads(report.to_json()), json.loads(SCHEMA.read_text()))


def test_a_recording_that_is_divided_is_measured_beside_its_segments_one_by_one(
    calls: list[tuple[int, int, int | None]],
) -> None:
    bench_options = BenchOptions(warm_up=0, repeats=2, batch_size=3, max_new_tokens=4, threads=1)
    bundle = shipped_bundle("mini")
    assert bundle is not None
    loaded = load(bundle, bench_options)
    report = report_of(loaded, bench_options, lengths_s=(33.0,))
    assert calls == [(1, 3, None), *[(1, 1, 1), (1, 3, None)] * 2]
    assert report.batch is not None
    assert (report.batch.num_recordings, report.batch.num_different) == (1, 0)
    assert "3 segments at once" in table(report)
    assert all(query.run.num_tokens for query in report.queries), (
        "though a detector hears nobody in synthetic audio"
    )


@pytest.mark.parametrize("change", [{"text": "other"}, {"num_tokens": 99}, {"avg_logprob": -3.0}])
def test_a_transcript_that_differs_in_the_batch_is_counted(
    tiny_bundle: Path, clip: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    recognizer = load(tiny_bundle, BenchOptions()).recognizer
    alone = recognizer.transcribe(clip)
    other = replace(alone, **change)
    monkeypatch.setattr(
        recognizer,
        "transcribe_batch",
        lambda audios, *, batch_size, **_: [alone if batch_size == 1 else other] * len(audios),
    )
    assert measure_batch(recognizer, clip, TranscribeOptions(), size=2, repeats=1).num_different == 2


def test_nothing_is_said_of_a_batch_that_was_not_requested(tiny_bundle: Path, clip: Path) -> None:
    report = report_of(load(tiny_bundle, BenchOptions()), BenchOptions(warm_up=0, repeats=1), clip)
    assert report.batch is None
    assert "together" not in table(report)


def test_one_recording_is_no_batch(tiny_bundle: Path, clip: Path) -> None:
    recognizer = load(tiny_bundle, BenchOptions()).recognizer
    with pytest.raises(UsageError, match="no batch"):
        measure_batch(recognizer, clip, TranscribeOptions(), size=1, repeats=1)
