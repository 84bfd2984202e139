"""Streams of real clips, on the bundle in the package."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import soundfile

from edge_runtime.arrays import Waveform
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.bundle.shipped import shipped_bundle
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.streaming.events import Final, Partial, StreamEvent
from edge_runtime.streaming.options import StreamOptions
from tests.conftest import ROOT

RATE = 16_000
CLIPS = sorted((ROOT / "tests" / "clips").glob("*.flac"))
FEW = [clip for clip in CLIPS if clip.stem in ("en-00000", "zh-00004")]
PAUSE = np.zeros(RATE, np.float32)
HOP_1 = StreamOptions(hop_sec=1.0)


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    path = shipped_bundle("mini")
    assert path is not None
    return Recognizer(open_bundle(path), SessionOptions(threads=1))


def joined(clips: Sequence[Path]) -> Waveform:
    """Return clips with a second between them; none is behind the last."""
    pieces = [piece for clip in clips for piece in (PAUSE, soundfile.read(clip, dtype="float32")[0])]
    return np.concatenate(pieces)


def events_of(recognizer: Recognizer, samples: Waveform, options: StreamOptions = HOP_1) -> list[StreamEvent]:
    with recognizer.stream(options) as stream:
        for start in range(0, len(samples), 4_410):
            stream.feed(samples[start : start + 4_410])
    return list(stream.events())


def finals(events: Sequence[StreamEvent]) -> list[Final]:
    return [event for event in events if isinstance(event, Final)]


def assert_finals_are_transcripts(recognizer: Recognizer, samples: Waveform) -> int:
    """Return how many finals there are."""
    seen = finals(events_of(recognizer, samples))
    for final in seen:
        segment = samples[round(final.start * RATE) : round(final.end * RATE)]
        expected = recognizer.transcribe(segment, sample_rate=RATE)
        assert (final.text, final.language, final.status) == (
            expected.text, expected.language, expected.status
        )  # fmt: skip
    return len(seen)


def test_finals_are_the_transcripts_of_their_segments(recognizer: Recognizer) -> None:
    assert assert_finals_are_transcripts(recognizer, joined(FEW)) >= 2


@pytest.mark.slow
def test_finals_are_the_transcripts_of_their_segments_in_all_clips(recognizer: Recognizer) -> None:
    assert assert_finals_are_transcripts(recognizer, joined(CLIPS)) >= len(CLIPS)


def test_a_segment_cut_for_its_length_is_the_transcript_of_its_samples(recognizer: Recognizer) -> None:
    samples = joined(FEW[:1])[RATE:]
    options = StreamOptions(hop_sec=1.0, max_segment_sec=3.0)
    first, *rest = finals(events_of(recognizer, np.concatenate([samples, samples, samples]), options))
    assert first.end <= 3.0
    assert rest
    segment = samples[round(first.start * RATE) : round(first.end * RATE)]
    assert first.text == recognizer.transcribe(segment, sample_rate=RATE).text


def test_speech_behind_noise_and_quiet_speech_behind_loud_sound_are_heard(recognizer: Recognizer) -> None:
    rng = np.random.default_rng(2)
    clip = soundfile.read(FEW[0], dtype="float32")[0]
    noise = (rng.normal(size=3 * RATE) * 0.003).astype(np.float32)
    loud = (rng.normal(size=RATE // 2) * 0.3).astype(np.float32)
    quiet = np.float32(0.03) * clip / np.abs(clip).max()
    samples = np.concatenate([noise, clip, noise, loud, np.zeros(RATE, np.float32), quiet, PAUSE])
    texts = [final.text for final in finals(events_of(recognizer, samples)) if final.text]
    expected = recognizer.transcribe(clip, sample_rate=RATE).text
    assert texts == [expected, expected]


def said(events: Sequence[StreamEvent]) -> list[dict[str, object]]:
    clocks = ("lag_ms", "step_ms", "final_ms", "confidence")
    return [
        {name: value for name, value in event.to_dict().items() if name not in clocks} for event in events
    ]


@pytest.mark.parametrize("worker", [False, True])
def test_streams_of_four_threads_say_what_each_says_alone(recognizer: Recognizer, *, worker: bool) -> None:
    recordings = [joined([clip]) for clip in CLIPS[:2] + CLIPS[-2:]]
    alone = [events_of(recognizer, samples) for samples in recordings]
    together: dict[int, list[StreamEvent]] = {}

    def run(number: int) -> None:
        with recognizer.stream(HOP_1, worker=worker) as stream:
            for start in range(0, len(recordings[number]), 4_410):
                stream.feed(recordings[number][start : start + 4_410])
        together[number] = list(stream.events())

    threads = [Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = finals if worker else list  # a worker joins late steps
    assert [said(kept(together[number])) for number in range(4)] == [said(kept(each)) for each in alone]


def test_stable_text_comes_before_the_end(recognizer: Recognizer) -> None:
    events = events_of(recognizer, joined(FEW), StreamOptions())
    stable = [event.stable_added for event in events if isinstance(event, Partial) and event.stable_added]
    assert len(stable) >= 4
    assert all(event.to_json().encode() for event in events)
