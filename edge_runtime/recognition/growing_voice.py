"""What a detector has heard of a recording while it grew."""

from __future__ import annotations

from typing import Final

from edge_runtime.arrays import Array, Waveform
from edge_runtime.vad.silero import SileroVad


class GrowingVoice:
    """Hears a recording that grows, and is then the detector of the whole: it need not hear that again."""

    def __init__(self, detector: SileroVad) -> None:
        """Begin without samples."""
        self._voice: Final = detector.stream()

    def hear(self, samples: Waveform) -> None:
        """Take the next samples of the recording."""
        self._voice.feed(samples)

    def stream(self) -> GrowingVoice:
        """Return the stream of the recording, which was heard; see `VoiceDetector`."""
        return self

    def feed(self, samples: Waveform) -> None:
        """Take samples that were heard."""

    def finish(self) -> Array:
        """Return the probabilities of all samples so far. The recording may grow on."""
        return self._voice.finish()
