"""When somebody speaks and has stopped to."""

from __future__ import annotations

from dataclasses import dataclass

from edge_runtime.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointOptions:
    """Figures of the endpoints, on frames of 32 ms.

    Attributes:
        threshold: a frame of at least this probability of speech begins a segment.
        neg_threshold: a frame below it is silence.
        start_pad_ms: what a segment has before its speech.
        end_pad_ms: what it has behind. After so much silence the segment is decoded, and not again before
            somebody speaks: this hypothesis is the final one if nobody does.
        silence_ms: so much silence ends a segment.

    Raises:
        UsageError: thresholds in the wrong order or outside 0 to 1, or impossible durations.
    """

    threshold: float = 0.5
    neg_threshold: float = 0.35
    start_pad_ms: int = 300
    end_pad_ms: int = 200
    silence_ms: int = 500

    def __post_init__(self) -> None:
        if not 0 <= self.neg_threshold <= self.threshold <= 1:
            raise UsageError(
                f"Thresholds {self.threshold} and {self.neg_threshold} of speech were asked for; "
                f"0 <= neg_threshold <= threshold <= 1 must hold."
            )
        if self.start_pad_ms < 0 or not 0 < self.end_pad_ms <= self.silence_ms:
            raise UsageError(
                f"start_pad_ms is {self.start_pad_ms}, end_pad_ms {self.end_pad_ms} and silence_ms "
                f"{self.silence_ms}; 0 <= start_pad_ms and 0 < end_pad_ms <= silence_ms must hold."
            )
