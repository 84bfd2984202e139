"""Segments of low confidence are decoded again with more around them, and the best is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge_runtime.bundle.specs import ConfidenceSpec
from edge_runtime.recognition.long.long_options import LongOptions
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.recognition.recording import LoadedRecording
from edge_runtime.recognition.transcriber import Transcriber
from edge_runtime.results.transcript import Transcript
from edge_runtime.vad.segmentation import SegmentOptions
from tests.support.tiny_bundle import tone, write_tiny_bundle

RATE = 16_000
CLIPS = (5.0, 6.0, 10.0, 11.0)


def transcribe(recognizer: Recognizer, logprobs: dict[float, float], **changes: Any) -> Transcript:
    """Transcribe two clips of a second; `logprobs` are by the seconds that are decoded."""
    pool = Transcriber.transcribe_pool

    def planted(graphs: Transcriber, recordings: Sequence[LoadedRecording], *rest: Any) -> Iterator[Any]:
        for index, one in pool(graphs, recordings, *rest):
            logprob = logprobs[round(recordings[index].audio.duration_s, 2)]
            segments = tuple(replace(segment, avg_logprob=logprob) for segment in one.segments)
            yield index, replace(one, avg_logprob=logprob, segments=segments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Transcriber, "transcribe_pool", planted)
        options = TranscribeOptions(long=LongOptions(clip_timestamps=CLIPS, **changes))
        return recognizer.transcribe(tone(20 * RATE), sample_rate=RATE, options=options)


@pytest.fixture(scope="module")
def recognizer(tiny_bundle: Path) -> Recognizer:
    return Recognizer.load(tiny_bundle, threads=1)


@pytest.mark.parametrize(
    ("logprobs", "start", "rungs"),
    [
        ({1.0: -0.04, 1.4: -0.01, 1.7: -0.01}, 5.0, ()),
        ({1.0: -0.06, 1.4: -0.01, 1.7: -0.02}, 4.8, ("margins",)),
        ({1.0: -0.3, 1.4: -0.2, 1.7: -0.1}, 4.65, ("margins",)),
        ({1.0: -0.06, 1.4: -0.2, 1.7: -0.1}, 5.0, ("margins",)),
    ],
    ids=["sure", "a little more is best", "much more is best", "as it was"],
)
def test_the_best_of_three_is_kept(
    recognizer: Recognizer, logprobs: dict[float, float], start: float, rungs: tuple[str, ...]
) -> None:
    actual = transcribe(recognizer, logprobs)
    assert [segment.start for segment in actual.segments] == [start, start + 5]
    assert {segment.rungs for segment in actual.segments} == {rungs}


def test_what_is_doubtful_is_for_the_bundle_to_say(tmp_path: Path) -> None:
    unsure = ConfidenceSpec(doubtful_logprob=-0.2, low_logprob=-0.4)
    recognizer = Recognizer.load(write_tiny_bundle(tmp_path / "bundle", confidence=unsure), threads=1)
    assert transcribe(recognizer, {1.0: -0.19}).segments[0].rungs == ()
    actual = transcribe(recognizer, {1.0: -0.21, 1.4: -0.1, 1.7: -0.3})
    assert actual.segments[0].rungs == ("margins",)


def test_which_text_has_low_confidence_is_for_the_bundle_to_say(tmp_path: Path) -> None:
    sure = ConfidenceSpec(doubtful_logprob=-0.01, low_logprob=-0.01)
    recognizer = Recognizer.load(write_tiny_bundle(tmp_path / "bundle", confidence=sure), threads=1)
    actual = recognizer.transcribe(tone(RATE), sample_rate=RATE)
    assert actual.status == "low_confidence"
    assert "is -0.02; under -0.01 many words are wrong" in actual.warnings[0].message


def test_who_wants_no_second_look_gets_none(recognizer: Recognizer) -> None:
    actual = transcribe(recognizer, {1.0: -0.9}, second_look=False)
    assert [segment.rungs for segment in actual.segments] == [(), ()]


def test_there_is_nothing_more_around_pieces_that_touch(recognizer: Recognizer) -> None:
    options = TranscribeOptions(long=LongOptions(segments=SegmentOptions(segment_sec=2.0)))
    actual = recognizer.transcribe(tone(10 * RATE), sample_rate=RATE, options=options)
    assert {segment.rungs for segment in actual.segments} == {()}
