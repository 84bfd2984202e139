"""From a recognizer to a stream on its graphs."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from edge_runtime.alignment.aligner import Aligner
from edge_runtime.arrays import Seconds
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.streaming.commit.options import commit_options
from edge_runtime.streaming.endpoints.detector import open_detector
from edge_runtime.streaming.options import StreamOptions
from edge_runtime.streaming.processor import Parts
from edge_runtime.streaming.segment_decoder import SegmentDecoder
from edge_runtime.streaming.stream import OnEvent, Stream
from edge_runtime.streaming.word_times import word_times
from edge_runtime.vad.silero import SileroVad


def open_stream(
    recognizer: Recognizer,
    vad: SileroVad | None,
    options: StreamOptions,
    *,
    on_event: OnEvent | None,
    aligner: Aligner | None,
    worker: bool,
) -> Stream:
    """Open a stream; see `Recognizer.stream`.

    Args:
        recognizer: has the graphs.
        vad: the bundle's detector, None where it has none.
        options: of the stream.
        on_event: called with each event.
        aligner: for the times of words.
        worker: work in a thread of its own.
    """
    options = replace(options, commit=options.commit or commit_options(recognizer.bundle.manifest))

    def open_segment(language: str | None, longest_s: Seconds = options.max_segment_sec) -> SegmentDecoder:
        chosen = TranscribeOptions(language=language, context=options.context)
        return SegmentDecoder(recognizer, chosen, longest_s=longest_s)

    # Tells whether language and context can be, and how much room they leave, before there is audio.
    first = open_segment(options.language)
    first.close()
    parts = Parts(
        open_segment=partial(open_segment, longest_s=first.longest_s),
        decode=first.text_of,
        detector=open_detector(vad),
        max_segment_s=first.longest_s,
        align=None if aligner is None else partial(word_times, aligner=aligner),
    )
    return Stream(parts, options, on_event, worker=worker)
