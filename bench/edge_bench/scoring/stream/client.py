"""A client whose clock is the audio: it sends samples as fast as they are taken."""

from __future__ import annotations

import random
from collections.abc import Iterator
from time import process_time
from typing import Final

from edge_bench.scoring.stream.log import SegmentLog, segments_of
from edge_bench.scoring.stream.metered import MeteredRecognizer
from edge_bench.scoring.stream.work import Work
from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.streaming.events import Stats, StreamEvent
from edge_runtime.streaming.options import StreamOptions

RATE: Final = 16_000
_CHUNK_S: Final = (0.001, 0.4)
"""Shortest and longest chunk that is sent."""


class StreamClient:
    """Streams recordings through a recognizer, and decodes their segments at once for comparison."""

    def __init__(self, recognizer: MeteredRecognizer, options: StreamOptions, seed: int) -> None:
        """Take what to stream with; the seed chooses the chunks."""
        self._recognizer: Final = recognizer
        self._options: Final = options
        self._chance: Final = random.Random(seed)  # noqa: S311  # reproducible, no secret

    def segments(self, samples: Waveform) -> list[SegmentLog]:
        """Return what a stream says of a recording, in chunks of random lengths."""
        events: list[StreamEvent] = []
        with self._recognizer.stream(self._options, on_event=events.append) as stream:
            for chunk in self._chunks(samples):
                stream.feed(chunk, RATE)
            stream.flush()
        return segments_of(events)

    def offline(self, samples: Waveform, segment: SegmentLog) -> str:
        """Return the text of a segment's samples when they are decoded at once."""
        first, end = round(segment.final.start * RATE), round(segment.final.end * RATE)
        forced = segment.carried_language or self._options.language
        options = TranscribeOptions(language=forced, context=self._options.context)
        return self._recognizer.transcribe(samples[first:end], sample_rate=RATE, options=options).text

    def step_seconds(self, minute: Waveform, between: Waveform) -> tuple[Seconds, Seconds]:
        """Return processor seconds of a step in the first minute of a stream, and in its repetition.

        Args:
            minute: the speech that is measured.
            between: what is streamed between the two.
        """
        events: list[StreamEvent] = []
        with self._recognizer.stream(self._options, on_event=events.append) as stream:
            spent = []
            for part in (minute, between, minute):
                start, steps = process_time(), _steps(events)
                for at in range(0, len(part), RATE // 10):
                    stream.feed(part[at : at + RATE // 10], RATE)
                stream.flush()
                spent.append((process_time() - start) / max(1, _steps(events) - steps))
        return spent[0], spent[2]

    def work_between(self, samples: Waveform, start_s: Seconds, end_s: Seconds) -> Work:
        """Return what is computed between two times of a stream."""
        with self._recognizer.stream(self._options, on_event=lambda _: None) as stream:
            stream.feed(samples[: round(start_s * RATE)], RATE)
            before = Work.of(self._recognizer.work)
            stream.feed(samples[round(start_s * RATE) : round(end_s * RATE)], RATE)
            after = Work.of(self._recognizer.work)
            stream.cancel()
        return after - before

    def num_tokens(self, text: str) -> int:
        """Return how many tokens of the bundle a text has."""
        return self._recognizer.num_tokens(text)

    def _chunks(self, samples: Waveform) -> Iterator[Waveform]:
        at = 0
        while at < len(samples):
            size = round(self._chance.uniform(*_CHUNK_S) * RATE)
            yield samples[at : at + size]
            at += size


def _steps(events: list[StreamEvent]) -> int:
    """Return the steps of a stream up to its last flush."""
    return next((event.steps for event in reversed(events) if isinstance(event, Stats)), 0)
