"""Doubtful segments that were packed are decoded in parts too, and what is better is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.recognition.long.long_options import LongOptions
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.recognition.recording import LoadedRecording
from edge_runtime.recognition.transcriber import Transcriber
from edge_runtime.results.transcript import Segment, Transcript
from edge_runtime.vad.segmentation import SegmentOptions
from edge_runtime.vad.silero import SileroVad
from tests.support.manifests import decoder_spec
from tests.support.planted_vad import PlantedVad, sounds
from tests.support.tiny_bundle import make_vocabulary, write_tiny_bundle

RATE = 16_000
PACK = SegmentOptions(pack=True)
SPEECH = sounds(2, 1, 3, 30, 1)
"""Two stretches that are packed to one segment of 6 s, and one that is far away."""
WHOLE, PARTS, FAR = [(0.0, 6.05)], [(0.0, 2.05), (2.95, 6.05)], [(35.95, 37.0)]

Answer = Callable[[Seconds], dict[str, Any]]
"""What to plant in the transcript of so many seconds."""


@pytest.fixture
def recognizer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recognizer:
    """A recognizer whose cache is of fixed size, and whose detector is planted."""
    monkeypatch.setattr(SileroVad, "of", lambda _: PlantedVad())
    spec = decoder_spec(len(make_vocabulary()), kv_capacity=512)
    return Recognizer.load(write_tiny_bundle(tmp_path / "b", decoder=spec), threads=1)


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], None]:
    pool = Transcriber.transcribe_pool

    def plant(answer: Answer) -> None:
        def planted(graphs: Transcriber, recordings: Sequence[LoadedRecording], *rest: Any) -> Iterator[Any]:
            for index, one in reversed(list(pool(graphs, recordings, *rest))):
                assert isinstance(one, Transcript)
                changes = answer(recordings[index].audio.duration_s)
                segments = tuple(replace(segment, **changes) for segment in one.segments)
                yield index, replace(one, segments=segments, **changes)

        monkeypatch.setattr(Transcriber, "transcribe_pool", planted)

    return plant


def answers(
    whole: float, parts: tuple[float, float] = (-0.01, -0.01), statuses: str = "ok ok", tokens: int = 10
) -> Answer:
    """Plant log-probabilities: of the packed segment and of its parts, the first of which has ten tokens."""
    of_whole, of_parts = statuses.split()

    def answer(seconds: Seconds) -> dict[str, Any]:
        if seconds > 4:
            return {"avg_logprob": whole, "status": of_whole, "num_tokens": 20}
        if seconds < 1.5:
            return {"avg_logprob": -0.01}
        is_first = seconds < 2.7
        logprob = parts[0] if is_first else parts[1]
        return {"avg_logprob": logprob, "status": of_parts, "num_tokens": 10 if is_first else tokens}

    return answer


def options(**changes: Any) -> TranscribeOptions:
    return TranscribeOptions(long=LongOptions(segments=PACK, **changes))


def times(transcript: Transcript) -> list[Any]:
    return [
        (pytest.approx(one.start, abs=0.04), pytest.approx(one.end, abs=0.04)) for one in transcript.segments
    ]


def test_a_doubtful_segment_is_replaced_by_its_parts_in_order(
    recognizer: Recognizer, plant: Callable[[Answer], None]
) -> None:
    plant(lambda seconds: {**answers(-0.2)(seconds), "text": f"{seconds:.0f}"})
    actual = recognizer.transcribe(SPEECH, sample_rate=RATE, options=options())
    assert times(actual) == PARTS + FAR
    assert actual.text == "2 3 1"
    assert [one.rungs for one in actual.segments] == [("margins", "unpacked")] * 2 + [()]
    assert [one.num_tokens for one in actual.segments[:2]] == [10, 10]
    assert actual.covered_s == pytest.approx(6.2, abs=0.1)


@pytest.mark.parametrize(
    ("answer", "expected", "rungs"),
    [
        (answers(-0.04), WHOLE, ()),
        (answers(-0.06, (-0.3, -0.2)), WHOLE, ("margins", "unpacked")),
        (answers(-0.1, (-0.02, -0.14), tokens=90), WHOLE, ("margins", "unpacked")),
        (answers(-0.1, (-0.02, -0.14), tokens=10), PARTS, ("margins", "unpacked")),
        (answers(-0.001, (-0.04, -0.04), "loop_recovered ok"), PARTS, ("margins", "unpacked")),
        (answers(-0.2, (-0.04, -0.04), "ok loop_unresolved"), WHOLE, ("margins", "unpacked")),
        (answers(-0.2, (-0.04, -0.04), "loop_unresolved loop_unresolved"), PARTS, ("margins", "unpacked")),
    ],
    ids=["sure", "worse", "worse by tokens", "better", "loop", "loop in a part", "loops everywhere"],
)
def test_what_is_better_is_kept(
    recognizer: Recognizer,
    plant: Callable[[Answer], None],
    answer: Answer,
    expected: list[tuple[Seconds, Seconds]],
    rungs: tuple[str, ...],
) -> None:
    plant(answer)
    actual = recognizer.transcribe(SPEECH, sample_rate=RATE, options=options())
    assert times(actual) == expected + FAR
    assert actual.segments[0].rungs[: len(rungs) or None] == rungs


def test_a_doubtful_part_is_heard_with_more_around_it_up_to_the_next(
    recognizer: Recognizer, plant: Callable[[Answer], None]
) -> None:
    def answer(seconds: Seconds) -> dict[str, Any]:
        return {"avg_logprob": {2.4: -0.01, 3.1: -0.02}.get(round(seconds, 1), -0.3)}

    plant(answer)
    actual = recognizer.transcribe(SPEECH, sample_rate=RATE, options=options())
    assert times(actual)[:2] == [(0.0, 2.4), (2.95, 6.05)]
    rungs = [("margins", "unpacked", "margins"), ("margins", "unpacked")]
    assert [one.rungs for one in actual.segments[:2]] == rungs


def test_who_wants_no_second_look_gets_segments_as_packed(
    recognizer: Recognizer, plant: Callable[[Answer], None]
) -> None:
    plant(answers(-0.9, statuses="loop_unresolved ok"))
    actual = recognizer.transcribe(SPEECH, sample_rate=RATE, options=options(second_look=False))
    assert times(actual) == WHOLE + FAR
    assert [one.rungs for one in actual.segments] == [(), ()]


@pytest.mark.parametrize(("logprob", "num_uncovered"), [(-0.01, 0), (-0.2, 1)])
def test_sound_between_parts_is_left_out_only_where_they_are_decoded_apart(
    recognizer: Recognizer, plant: Callable[[Answer], None], logprob: float, num_uncovered: int
) -> None:
    generator = np.random.default_rng(0)
    samples = SPEECH + 1e-3 * generator.standard_normal(len(SPEECH)).astype(np.float32)
    samples[2 * RATE : 3 * RATE] = np.clip(0.05 * generator.standard_normal(RATE), -0.09, 0.09)
    plant(answers(logprob))
    actual = recognizer.transcribe(samples, sample_rate=RATE, options=options())
    assert len(actual.uncovered) == num_uncovered
    assert [warning.code for warning in actual.warnings] == ["uncovered"] * num_uncovered


@pytest.mark.parametrize("batch_size", [1, 3, 40])
def test_recordings_of_a_batch_have_the_parts_that_they_have_alone(
    recognizer: Recognizer, plant: Callable[[Answer], None], batch_size: int
) -> None:
    plant(answers(-0.2))
    sounding = [SPEECH, sounds(1), sounds(2, 1, 2, 1, 3, 40, 1), SPEECH]

    def transcribe(audios: list[Waveform], batch_size: int) -> list[tuple[Segment, ...]]:
        results = recognizer.transcribe_batch(
            audios, sample_rate=RATE, options=options(), batch_size=batch_size
        )
        return [one.segments for one in results]

    alone = [segments for one in sounding for segments in transcribe([one], 2)]
    assert transcribe(sounding, batch_size) == alone
    assert [len(segments) for segments in alone] == [3, 1, 4, 3]
