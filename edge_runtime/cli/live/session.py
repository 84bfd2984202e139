"""A stream from its source to its outputs."""

from __future__ import annotations

from collections.abc import Sequence
from queue import SimpleQueue
from typing import Protocol

from edge_runtime.arrays import Waveform
from edge_runtime.cli.live.intake import Intake
from edge_runtime.cli.live.notices import Dropped, SourceError
from edge_runtime.cli.live.outputs import LiveEvent, Output
from edge_runtime.errors import AudioError
from edge_runtime.streaming.events import Final, StreamEvent


class Feed(Protocol):
    """What a session needs of a stream."""

    def feed(self, samples: Waveform, sample_rate: int = ...) -> None:
        """Take samples."""
        ...

    def flush(self) -> None:
        """End the segment; its final has come when this returns."""
        ...


class LiveSession:
    """Feeds a stream what an intake gives, and gives outputs what the stream says.

    Attributes:
        events: where the stream puts its events, from any thread.
        num_finals: finals with text so far.
    """

    def __init__(self, intake: Intake, rate: int, outputs: Sequence[Output]) -> None:
        """Take both ends.

        Args:
            intake: of the source.
            rate: of its samples, in Hz.
            outputs: all get all events, in order.
        """
        self.events: SimpleQueue[StreamEvent] = SimpleQueue()
        self.num_finals = 0
        self._intake, self._rate, self._outputs = intake, rate, outputs
        self._dropped_s = 0.0

    def run(self, stream: Feed) -> None:
        """Go on to the end of the source; then the last segment is finished.

        Args:
            stream: puts its events into `events`.

        Raises:
            AudioError: the source broke; everything that it gave was delivered.
            OutputError: stdout cannot be written.
            SystemExit: the reader of stdout is gone.
        """
        error = None
        try:
            for block in self._intake.blocks():
                if block is not None:
                    stream.feed(block, self._rate)
                self._deliver()
        except AudioError as broken:
            error = broken
        stream.flush()
        self._deliver()
        if error is not None:
            self._give(SourceError(kind=type(error).__name__, message=str(error)))
            raise error

    def _deliver(self) -> None:
        while not self.events.empty():
            event = self.events.get()
            self.num_finals += isinstance(event, Final) and bool(event.text)
            self._give(event)
        if self._intake.dropped_s > self._dropped_s:
            self._dropped_s = self._intake.dropped_s
            self._give(Dropped(dropped_s=round(self._dropped_s, 3)))

    def _give(self, event: LiveEvent) -> None:
        for output in self._outputs:
            output.take(event)
