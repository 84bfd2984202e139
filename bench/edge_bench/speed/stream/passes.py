"""When a segment was decoded, and how long each pass took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Final, Literal

from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.results.transcript import Transcript
from edge_runtime.streaming.hypothesis import Hypothesis, SegmentDecoding

PassKind = Literal["step", "finish"]


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass over a segment.

    Attributes:
        kind: `step` gives a hypothesis, `finish` the final.
        language: that was forced on the segment, None where it was detected.
        num_samples: of the segment so far.
        num_tokens: of its text.
        began_at: by `perf_counter`.
        ended_at: by `perf_counter`.
    """

    kind: PassKind
    language: str | None
    num_samples: int
    num_tokens: int
    began_at: Seconds
    ended_at: Seconds

    @property
    def took_s(self) -> Seconds:
        """Its duration."""
        return self.ended_at - self.began_at


class TimedSegment:
    """A segment whose passes are timed; see `SegmentDecoding`. What decoded nothing is no pass."""

    def __init__(
        self, decoding: SegmentDecoding, language: str | None, passed: Callable[[Pass], object]
    ) -> None:
        """Take the segment, the language that is forced on it, and what is called with each pass."""
        self._decoding: Final = decoding
        self._language: Final = language
        self._passed: Final = passed
        self._num_samples = 0

    def step(self, samples: Waveform) -> Hypothesis | None:
        """Take samples and decode all so far."""
        began_at = perf_counter()
        self._num_samples += len(samples)
        hypothesis = self._decoding.step(samples)
        if hypothesis is not None:
            self._pass("step", len(hypothesis.token_ids), began_at)
        return hypothesis

    def finish(self) -> Transcript:
        """Return the transcript."""
        began_at = perf_counter()
        transcript = self._decoding.finish()
        self._pass("finish", transcript.num_tokens, began_at)
        return transcript

    def close(self) -> None:
        """Free the memory of the segment."""
        self._decoding.close()

    def _pass(self, kind: PassKind, num_tokens: int, began_at: Seconds) -> None:
        self._passed(Pass(kind, self._language, self._num_samples, num_tokens, began_at, perf_counter()))
