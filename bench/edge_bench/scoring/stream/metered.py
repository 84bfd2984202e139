"""A recognizer that counts what its streams compute."""

from __future__ import annotations

from edge_runtime.arrays import Seconds
from edge_runtime.recognition.growing_recording import GrowingRecording
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.recognition.segment_graphs import SegmentWork


class MeteredRecognizer(Recognizer):
    """Counts the work of all segments that were opened; whole recordings are not counted."""

    _opened: tuple[GrowingRecording, ...] = ()

    def open_segment(
        self, options: TranscribeOptions | None = None, *, longest_s: Seconds = 24.0
    ) -> GrowingRecording:
        """See `Recognizer.open_segment`."""
        recording = super().open_segment(options, longest_s=longest_s)
        self._opened = (*self._opened, recording)
        return recording

    @property
    def work(self) -> SegmentWork:
        """What was computed for all of them so far."""
        return sum((recording.work for recording in self._opened), SegmentWork())

    def num_tokens(self, text: str) -> int:
        """Return how many tokens of the bundle a text has."""
        return len(self._request_encoder.encode(text))
