"""A recognizer that decodes each stretch once, to try several commit figures on the same hypotheses."""

from __future__ import annotations

import hashlib
from typing import Any, Final, cast

import numpy as np

from edge_bench.scoring.stream.metered import MeteredRecognizer
from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.decoding.generate import Generation
from edge_runtime.recognition.growing_recording import GrowingRecording
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.results.transcript import Transcript

Memory = dict[tuple[str, bytes], Any]
"""What was asked, and a hash of the request and its samples → the answer."""


class RememberingRecognizer(MeteredRecognizer):
    """Remembers the hypotheses and transcripts of growing recordings: they depend on the samples alone."""

    _memory: Memory | None = None

    def open_segment(
        self, options: TranscribeOptions | None = None, *, longest_s: Seconds = 24.0
    ) -> GrowingRecording:
        """See `Recognizer.open_segment`."""
        self._memory = {} if self._memory is None else self._memory
        recording = super().open_segment(options, longest_s=longest_s)
        request = repr((options, longest_s)).encode()
        return cast("GrowingRecording", _Remembered(recording, request, self._memory))


class _Remembered:
    """A growing recording whose samples are given to the decoder only where it has not met them."""

    def __init__(self, recording: GrowingRecording, request: bytes, memory: Memory) -> None:
        self._recording: Final = recording
        self._memory: Final = memory
        self._digest: Final = hashlib.sha256(request)
        self._pending: list[Waveform] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._recording, name)

    def extend(self, samples: Waveform) -> Generation | None:
        self._digest.update(samples.tobytes())
        self._pending.append(samples)
        key = ("extend", self._digest.digest())
        if key not in self._memory:
            self._memory[key] = self._recording.extend(self._taken())
        generation: Generation | None = self._memory[key]
        return generation

    def finish(self) -> Transcript:
        key = ("finish", self._digest.digest())
        if key not in self._memory:
            if self._pending:
                self._recording.extend(self._taken())
            self._memory[key] = self._recording.finish()
        transcript: Transcript = self._memory[key]
        return transcript

    def _taken(self) -> Waveform:
        samples, self._pending = np.concatenate(self._pending), []
        return samples
