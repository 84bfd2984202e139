"""A recording that is refused as soon as it turns out to be longer than the caller takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic

from edge_runtime.arrays import Seconds, Waveform
from edge_runtime.audio.recording import AnySink, Facts, Recording
from edge_runtime.errors import AudioTooLongError


@dataclass(slots=True)
class _LimitedSink(Generic[AnySink]):
    sink: AnySink
    num_left: int
    limit_s: Seconds

    def add(self, block: Waveform) -> None:
        self.num_left -= len(block)
        if self.num_left < 0:
            raise AudioTooLongError(
                f"The audio is longer than {self.limit_s:g} s, the longest that is taken. Split it."
            )
        self.sink.add(block)


@dataclass(frozen=True, slots=True)
class LimitedRecording:
    """A recording of at most so many seconds.

    Attributes:
        recording: opened.
        limit_s: longest.
        sample_rate: the model's rate in Hz.
    """

    recording: Recording
    limit_s: Seconds
    sample_rate: int

    def scan(self, new_sink: Callable[[], AnySink]) -> tuple[AnySink, Facts]:
        """See `Recording`.

        Raises:
            AudioTooLongError: it is longer; what lies behind the limit is not read.
        """

        def limited() -> _LimitedSink[AnySink]:
            return _LimitedSink(new_sink(), round(self.limit_s * self.sample_rate), self.limit_s)

        taken, facts = self.recording.scan(limited)
        return taken.sink, facts

    def stretches(self, facts: Facts, ranges: Iterable[tuple[int, int]]) -> Iterator[Waveform]:
        """See `Recording`."""
        return self.recording.stretches(facts, ranges)
