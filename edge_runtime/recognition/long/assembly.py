"""Collects the transcripts of pieces until their recording ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from edge_runtime.bundle.bundle import Bundle
from edge_runtime.errors import AudioError
from edge_runtime.recognition.long.pieces import Piece, RecordingEnd
from edge_runtime.recognition.long.stitching import DecodedSpan, stitch
from edge_runtime.recognition.options import DecodingOptions
from edge_runtime.results.transcript import Stretch, Transcript


class Assembly:
    """The recordings of one request, one after the other."""

    def __init__(self, options: DecodingOptions, bundle: Bundle) -> None:
        """Take the options of the request, and the bundle that decodes."""
        self._options: Final = options
        self._bundle: Final = bundle
        self._done: list[DecodedSpan] = []
        self._failure: AudioError | None = None

    def add(self, piece: Piece, result: Transcript | AudioError) -> None:
        """Take the next piece of the recording and its transcript, or why it has none."""
        if isinstance(result, AudioError):
            self._failure = self._failure or result
        else:
            self._done.append((piece.span, result))

    def end(self, end: RecordingEnd | AudioError) -> Transcript | AudioError:
        """Return the result of the recording; the next piece is of the next one."""
        done, failure = self._done, self._failure
        self._done, self._failure = [], None
        if isinstance(end, AudioError) or failure is not None:
            return failure or end  # type: ignore[return-value]  # an error either way
        if end.plan.whole is not None:
            result = done[0][1]
        else:
            result = stitch(done, end.plan, self._options, end.stopwatch, self._bundle)
        speech = tuple(Stretch(round(span.start, 3), round(span.end, 3)) for span in end.plan.spoken)
        return replace(result, speech=speech)
