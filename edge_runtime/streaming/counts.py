"""What a stream counts."""

from __future__ import annotations

from dataclasses import dataclass

from edge_runtime.arrays import Milliseconds, Seconds
from edge_runtime.streaming.commit.words import num_words
from edge_runtime.streaming.events import Final, Stats


@dataclass(slots=True)
class Counts:
    """Counters of one stream; `Stats` says what each is."""

    segment_s: Seconds = 0.0
    segments: int = 0
    cancelled_segments: int = 0
    steps: int = 0
    merged_steps: int = 0
    partials: int = 0
    stable_words: int = 0
    corrected_words: int = 0
    step_ms: Milliseconds = 0.0
    final_ms: Milliseconds = 0.0

    def finished(self, final: Final, stable: str) -> None:
        """Count a segment that ended, with its stable text."""
        self.segments += 1
        self.segment_s += final.end - final.start
        self.stable_words += num_words(stable)
        self.corrected_words += final.corrected

    def stats(self, audio_s: Seconds, dropped_partials: int) -> Stats:
        """Return the event of these counts."""
        return Stats(
            audio_s=audio_s,
            segment_s=round(self.segment_s, 6),
            segments=self.segments,
            cancelled_segments=self.cancelled_segments,
            steps=self.steps,
            merged_steps=self.merged_steps,
            partials=self.partials,
            dropped_partials=dropped_partials,
            stable_words=self.stable_words,
            corrected_words=self.corrected_words,
            step_ms=round(self.step_ms, 3),
            final_ms=round(self.final_ms, 3),
        )
