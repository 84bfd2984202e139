"""How probabilities become spans of speech, by silero's names."""

from __future__ import annotations

from dataclasses import dataclass

from edge_runtime.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class VadOptions:
    """Options of voice activity detection, as of `silero_vad.get_speech_timestamps`.

    Attributes:
        threshold: a frame of at least this probability begins or continues speech.
        neg_threshold: within speech, a frame below it is silence; those between the two change nothing.
        min_speech_duration_ms: shorter speech is dropped.
        min_silence_duration_ms: shorter silence belongs to the speech around it.
        speech_pad_ms: added at both sides. Silero's default, 30, is 0 here: margins are a segmentation's.

    Raises:
        UsageError: thresholds in the wrong order or outside 0 to 1, or a negative duration.
    """

    threshold: float = 0.5
    neg_threshold: float = 0.35
    min_speech_duration_ms: int = 250
    min_silence_duration_ms: int = 100
    speech_pad_ms: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.neg_threshold <= self.threshold <= 1:
            raise UsageError(
                f"VAD thresholds {self.threshold} and {self.neg_threshold} were asked for; "
                f"0 <= neg_threshold <= threshold <= 1 must hold."
            )
        if min(self.min_speech_duration_ms, self.min_silence_duration_ms, self.speech_pad_ms) < 0:
            raise UsageError("A duration of VAD options is negative. Give milliseconds from 0 on.")
