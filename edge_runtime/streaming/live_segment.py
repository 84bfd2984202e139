"""One segment while it grows: what the decoder has heard, and what of its text is stable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from edge_runtime.results.transcript import Transcript
from edge_runtime.streaming.commit.committer import Commit, Committer
from edge_runtime.streaming.flow.sample_buffer import SampleBuffer
from edge_runtime.streaming.hypothesis import SegmentDecoding
from edge_runtime.vad.timestamps import SAMPLE_RATE

OpenSegment = Callable[[str | None], SegmentDecoding]
"""Begins the decoding of a segment; takes the name of the language to force, None to detect it."""


class LiveSegment:
    """A segment of a stream, from its first sample to its final."""

    def __init__(
        self, start: int, language: str | None, open_segment: OpenSegment, committer: Committer
    ) -> None:
        """Begin a segment.

        Args:
            start: its first sample in the stream.
            language: to force, None to detect it.
            open_segment: begins its decoding.
            committer: of this segment alone.
        """
        self.start: Final = start
        self._language: Final = language
        self._open: Final = open_segment
        self._committer: Final = committer
        self._decoding = open_segment(language)
        self._fed = start

    @property
    def stable(self) -> str:
        """The stable text."""
        return self._committer.stable

    def step(self, buffer: SampleBuffer, until: int, *, frozen: bool) -> Commit | None:
        """Decode up to a sample; return what became of the text, None where it is too short to tell.

        Args:
            buffer: of the stream.
            until: sample behind the last.
            frozen: let nothing become stable.
        """
        hypothesis = self._decoding.step(buffer.read(self._fed, until))
        self._fed = until
        if hypothesis is None:
            return None
        return self._committer.add(hypothesis, (until - self.start) / SAMPLE_RATE, frozen=frozen)

    def finish(self, buffer: SampleBuffer, end: int) -> Transcript:
        """Return the transcript of the samples from the start to `end`, and free the decoding.

        Where the decoder has heard more than that, what is left of the segment is decoded anew.
        """
        try:
            if self._fed > end:
                self._decoding.close()
                self._decoding, self._fed = self._open(self._language), self.start
            if self._fed < end:
                self._decoding.step(buffer.read(self._fed, end))
            return self._decoding.finish()
        finally:
            self._decoding.close()

    def close(self) -> None:
        """Free the decoding; there will be no final."""
        self._decoding.close()
