"""A batch is measured beside single recordings where it is requested."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from edge_bench.speed.batch import measure_batch
from edge_bench.speed.measure import load, measure
from edge_bench.speed.report import BenchOptions
from edge_bench.speed.table import table
from edge_runtime.errors import UsageError
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.results.transcript import Transcript
from tests.bench.support.speed import SCHEMA


def test_several_at_once_are_measured_beside_the_same_one_after_the_other(
    tiny_bundle: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench_options = BenchOptions(warm_up=0, repeats=3, batch_size=4)
    loaded = load(tiny_bundle, bench_options)
    sizes: list[tuple[int, int]] = []
    transcribe = loaded.recognizer.transcribe_batch

    def watched(audios: list[Path], *, options: TranscribeOptions, batch_size: int) -> list[Transcript]:
        sizes.append((len(audios), batch_size))
        return transcribe(audios, options=options, batch_size=batch_size)

    monkeypatch.setattr(loaded.recognizer, "transcribe_batch", watched)
    report = measure(loaded, clip, bench_options)
    assert sizes == [(4, 4), *[(4, 1), (4, 4)] * 3]
    batch = report.batch
    assert batch is not None
    assert batch.alone_ms.min / batch.together_ms.max <= batch.gain.median
    assert batch.gain.median <= batch.alone_ms.max / batch.together_ms.min
    assert f"4 at once {batch.together_ms.median:.0f} ms" in table(report)
    jsonschema.validate(json.loads(report.to_json()), json.loads(SCHEMA.read_text()))


def test_nothing_is_said_of_a_batch_that_was_not_requested(tiny_bundle: Path, clip: Path) -> None:
    report = measure(load(tiny_bundle, BenchOptions()), clip, BenchOptions(warm_up=0, repeats=1))
    assert report.batch is None
    assert "together" not in table(report)


def test_one_recording_is_no_batch(tiny_bundle: Path, clip: Path) -> None:
    recognizer = load(tiny_bundle, BenchOptions()).recognizer
    with pytest.raises(UsageError, match="no batch"):
        measure_batch(recognizer, clip, TranscribeOptions(), size=1, repeats=1)
