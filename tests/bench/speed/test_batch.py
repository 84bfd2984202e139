"""A batch is measured beside single recordings where it is requested."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from edge_bench.speed.batch import measure_batch
from edge_bench.speed.measure import load, measure, synthetic
from edge_bench.speed.report import BenchOptions
from edge_bench.speed.table import table
from edge_runtime.audio.load import Audio
from edge_runtime.errors import UsageError
from edge_runtime.recognition.long.long_options import LongOptions
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.results.transcript import Transcript
from edge_runtime.vad.segmentation import SegmentOptions
from tests.bench.support.speed import SCHEMA


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Watch how many recordings are transcribed, and how many at once."""
    seen: list[tuple[int, int]] = []
    transcribe = Recognizer.transcribe_batch

    def watched(
        recognizer: Recognizer, audios: list[Audio], *, options: TranscribeOptions, batch_size: int
    ) -> list[Transcript]:
        seen.append((len(audios), batch_size))
        return transcribe(recognizer, audios, options=options, batch_size=batch_size)

    monkeypatch.setattr(Recognizer, "transcribe_batch", watched)
    return seen


def test_several_at_once_are_measured_beside_the_same_one_after_the_other(
    tiny_bundle: Path, clip: Path, sizes: list[tuple[int, int]]
) -> None:
    bench_options = BenchOptions(warm_up=0, repeats=3, batch_size=4)
    report = measure(load(tiny_bundle, bench_options), clip, bench_options)
    assert sizes == [(1, 4), (4, 4), *[(4, 1), (4, 4)] * 3]
    batch = report.batch
    assert batch is not None
    assert batch.alone_ms.min / batch.together_ms.max <= batch.gain.median
    assert batch.gain.median <= batch.alone_ms.max / batch.together_ms.min
    assert f"4 recordings, 4 at once {batch.together_ms.median:.0f} ms" in table(report)
    assert table(report).endswith("the same texts")
    jsonschema.validate(json.loads(report.to_json()), json.loads(SCHEMA.read_text()))


def test_a_long_recording_is_measured_beside_its_segments_one_by_one(
    tiny_bundle: Path, sizes: list[tuple[int, int]]
) -> None:
    loaded = load(tiny_bundle, BenchOptions())
    options = TranscribeOptions(long=LongOptions(use_vad=False, segments=SegmentOptions(segment_sec=2.0)))
    batch = measure_batch(loaded.recognizer, synthetic(loaded, 7.0), options, size=3, repeats=2)
    count = batch.num_segments
    assert count > 3
    assert sizes == [(1, 3), *[(count, 1), (1, 3)] * 2]
    assert (batch.num_recordings, batch.num_different) == (1, 0)


def test_a_text_that_differs_in_the_batch_is_counted(
    tiny_bundle: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recognizer = load(tiny_bundle, BenchOptions()).recognizer
    alone = recognizer.transcribe(clip)
    (segment,) = alone.segments
    other = replace(alone, segments=(replace(segment, text="other"),))
    monkeypatch.setattr(
        recognizer,
        "transcribe_batch",
        lambda audios, *, batch_size, **_: [alone if batch_size == 1 else other] * len(audios),
    )
    assert measure_batch(recognizer, clip, TranscribeOptions(), size=2, repeats=1).num_different == 2


def test_nothing_is_said_of_a_batch_that_was_not_requested(tiny_bundle: Path, clip: Path) -> None:
    report = measure(load(tiny_bundle, BenchOptions()), clip, BenchOptions(warm_up=0, repeats=1))
    assert report.batch is None
    assert "together" not in table(report)


def test_one_recording_is_no_batch(tiny_bundle: Path, clip: Path) -> None:
    recognizer = load(tiny_bundle, BenchOptions()).recognizer
    with pytest.raises(UsageError, match="no batch"):
        measure_batch(recognizer, clip, TranscribeOptions(), size=1, repeats=1)
