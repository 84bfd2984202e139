"""A loaded recognizer as scenarios drive it, with an aligner behind it if there is one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edge_bench.speed.recordings import BenchRecording
from edge_bench.speed.run import Run, run_of
from edge_runtime.alignment.aligner import Aligner
from edge_runtime.arrays import Milliseconds
from edge_runtime.errors import AudioError, UsageError
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.results.transcript import Transcript


@dataclass(frozen=True, slots=True)
class BundleService:
    """A recognizer.

    Attributes:
        recognizer: loaded.
        options: of every query.
        batch_size: most recordings to decode together.
        aligner: times the words of every transcript; None for none.
    """

    recognizer: Recognizer
    options: TranscribeOptions
    batch_size: int = 1
    aligner: Aligner | None = None

    def one(self, recording: BenchRecording) -> Run:
        """Transcribe one recording."""
        transcript = self.recognizer.transcribe(recording.source, options=self.options)
        return run_of(transcript, self._align_ms(recording, transcript))

    def several(self, recordings: Sequence[BenchRecording]) -> Iterator[Run]:
        """Transcribe recordings together; each in order, as soon as it is known."""
        sources = [recording.source for recording in recordings]
        results = self.recognizer.transcribe_each(sources, options=self.options, batch_size=self.batch_size)
        for recording, result in zip(recordings, results, strict=True):
            if isinstance(result, AudioError):
                raise result
            yield run_of(result, self._align_ms(recording, result))

    def _align_ms(self, recording: BenchRecording, transcript: Transcript) -> Milliseconds | None:
        if self.aligner is None or not transcript.text or transcript.language is None:
            return None
        try:
            alignment = self.aligner.align(recording.source, transcript.text, transcript.language)
        except UsageError:  # a language that it does not align, a text without a letter
            return None
        return alignment.timing.total_ms
