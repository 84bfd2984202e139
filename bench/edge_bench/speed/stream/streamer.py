"""A bundle that streams: its own texts, or those of another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from edge_bench.speed.stream.growing_texts import GrowingTexts
from edge_bench.speed.stream.passes import Pass, TimedSegment
from edge_bench.speed.stream.planted_decoder import PlantedDecoder, Script
from edge_bench.speed.stream.segments import HearingSegment, PlantedSegment
from edge_runtime.arrays import Waveform
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.bundle import Bundle
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.recognition.transcriber import Transcriber
from edge_runtime.results.transcript import Transcript
from edge_runtime.streaming.endpoints.detector import open_detector
from edge_runtime.streaming.events import StreamEvent
from edge_runtime.streaming.hypothesis import SegmentDecoding
from edge_runtime.streaming.live_segment import OpenSegment
from edge_runtime.streaming.options import StreamOptions
from edge_runtime.streaming.processor import Parts
from edge_runtime.streaming.segment_decoder import SegmentDecoder
from edge_runtime.streaming.stream import Stream
from edge_runtime.vad.silero import SileroVad
from edge_runtime.vad.timestamps import SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Streamer:
    """A loaded bundle.

    Attributes:
        recognizer: has the graphs.
        options: of the streams.
        texts: to say in place of its own; None for its own.
        script: of its decoders, where `texts` are given.
    """

    recognizer: Recognizer
    options: StreamOptions
    texts: GrowingTexts | None = None
    script: Script = field(default_factory=Script)

    @classmethod
    def planted(
        cls, bundle: Bundle, session_options: SessionOptions, options: StreamOptions, texts: GrowingTexts
    ) -> Streamer:
        """Load a bundle that will say what was heard; raises `UsageError` where it spells otherwise."""
        texts.require_alike(bundle.manifest)
        script: Final = Script()
        graphs = Transcriber(bundle, session_options, partial(PlantedDecoder, script))
        return cls(Recognizer(bundle, graphs=graphs), options, texts, script)

    def open(
        self, on_event: Callable[[StreamEvent], None], on_pass: Callable[[Pass], object], *, worker: bool
    ) -> Stream:
        """Open a stream whose passes are timed, as `Recognizer.stream` opens one."""
        parts = self._parts(lambda language: TimedSegment(self._segment(language), language, on_pass))
        return Stream(parts, self.options, on_event, worker=worker)

    def hear(self, samples: Waveform) -> GrowingTexts:
        """Return the texts of a recording while it grows, streamed as fast as it is taken."""
        texts = GrowingTexts(self.recognizer.bundle.manifest)

        def hearing(language: str | None) -> SegmentDecoding:
            return HearingSegment(self._decoder(language), texts, is_forced=language is not None)

        parts = self._parts(hearing)
        with Stream(parts, self.options, lambda _: None) as stream:
            stream.feed(samples, SAMPLE_RATE)
        return texts

    def transcribe(self, samples: Waveform, language: str | None) -> Transcript:
        """Decode the samples of a segment at once; a language of None is detected."""
        if self.texts is not None:
            self.script.tokens = self.texts.of(samples)
        options = TranscribeOptions(language=language, context=self.options.context)
        return self.recognizer.transcribe(samples, sample_rate=SAMPLE_RATE, options=options)

    def _segment(self, language: str | None) -> SegmentDecoding:
        decoder = self._decoder(language)
        return decoder if self.texts is None else PlantedSegment(decoder, self.texts, self.script)

    def _decoder(self, language: str | None) -> SegmentDecoder:
        options = TranscribeOptions(language=language, context=self.options.context)
        return SegmentDecoder(self.recognizer, options, longest_s=self.options.max_segment_sec)

    def _parts(self, open_segment: OpenSegment) -> Parts:
        first = self._decoder(self.options.language)
        first.close()
        return Parts(
            open_segment=open_segment,
            decode=first.text_of,
            detector=open_detector(SileroVad.of(self.recognizer.bundle)),
            max_segment_s=first.longest_s,
        )
