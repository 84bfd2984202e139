"""A stream computes as much for a sentence in its second hour as in its first seconds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.bundle.shipped import SHIPPED
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.recognition.segment_graphs import SegmentWork
from edge_runtime.streaming.options import StreamOptions
from edge_runtime.streaming.processor import Parts
from edge_runtime.streaming.segment_decoder import SegmentDecoder
from edge_runtime.streaming.stream import Stream
from edge_runtime.vad.timestamps import FRAME_SAMPLES

RATE = 16_000
CLIPS = Path(__file__).parents[2] / "clips"


class LoudFrames:
    """Hears speech where there is sound; cheap, so that hours of silence pass in seconds."""

    def probability(self, frame: Waveform) -> float:
        return 0.9 if np.abs(frame).max() > 0.005 else 0.05


class TimedStream:
    """A stream on the mini, and the work of its segments."""

    def __init__(self) -> None:
        self._recognizer = Recognizer.load(SHIPPED["mini"], threads=1)
        self._made: list[SegmentDecoder] = []
        self._num_samples = 0
        decode = SegmentDecoder(self._recognizer).text_of
        parts = Parts(open_segment=self._open, decode=decode, detector=LoudFrames(), max_segment_s=12.0)
        self._stream = Stream(parts, StreamOptions(), lambda _: None)

    def feed(self, samples: Waveform) -> list[SegmentWork]:
        """Return the work of the segments that begin in samples; they are filled up to whole frames."""
        before = len(self._made)
        filled = np.pad(samples, (0, -len(samples) % FRAME_SAMPLES))
        self._stream.feed(filled, RATE)
        self._num_samples += len(filled)
        return [decoder.work for decoder in self._made[before:]]

    def wait_until(self, mark_s: Seconds) -> None:
        """Feed silence, a minute at a time."""
        while (rest := round(mark_s * RATE) - self._num_samples) > 0:
            self.feed(np.zeros(min(rest, 60 * RATE), np.float32))

    def _open(self, language: str | None) -> SegmentDecoder:
        del language  # after a cut it is carried; the sentence is heard after silence
        self._made.append(SegmentDecoder(self._recognizer, longest_s=12.0))
        return self._made[-1]


def clip(name: str) -> Waveform:
    waveform: Waveform = soundfile.read(CLIPS / f"{name}.flac", dtype="float32")[0]
    return waveform


def works(marks_s: tuple[Seconds, ...]) -> Iterator[list[SegmentWork]]:
    """Yield the work of a sentence at some times of a stream, with longer speech between."""
    stream, sentence = TimedStream(), np.pad(clip("en-00000"), (0, RATE))
    stream.feed(sentence)
    for mark_s in marks_s:
        stream.wait_until(mark_s)
        yield stream.feed(sentence)
        if mark_s < 60:
            stream.feed(np.pad(np.tile(clip("en-00003"), 6), (0, RATE)))


@pytest.mark.parametrize("marks_s", [(10, 60, 600), pytest.param((10, 7200), marks=pytest.mark.slow)])
def test_a_sentence_costs_the_same_at_any_time_of_a_stream(marks_s: tuple[Seconds, ...]) -> None:
    first, *others = works(marks_s)
    assert sum(work.num_passes for work in first) > 3
    assert all(work == first for work in others)
