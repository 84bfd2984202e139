"""What goes to stdout of a stream: a text a line, an event a line, or subtitles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol, TypeAlias

from edge_runtime.cli.live.notices import Dropped, SourceError
from edge_runtime.cli.terminal import emit, printable
from edge_runtime.results.document import Document, TimedSegment
from edge_runtime.results.words import Word
from edge_runtime.streaming.events import Final as FinalText
from edge_runtime.streaming.events import StreamEvent, Words
from edge_runtime.writers.clock import srt_clock
from edge_runtime.writers.cue import spans
from edge_runtime.writers.layout import lay_out
from edge_runtime.writers.options import WriterOptions
from edge_runtime.writers.srt import DIALECT

LiveEvent: TypeAlias = StreamEvent | Dropped | SourceError


class Output(Protocol):
    """Takes the events of a stream."""

    def take(self, event: LiveEvent) -> None:
        """Write what is to be written of an event, at once; raises as `emit` does."""
        ...


class TextOutput:
    """A line a final that has text."""

    def take(self, event: LiveEvent) -> None:
        """See `Output`."""
        if isinstance(event, FinalText) and event.text:
            emit(printable(event.text))


class NdjsonOutput:
    """A JSON object an event, a line each."""

    def take(self, event: LiveEvent) -> None:
        """See `Output`."""
        emit(event.to_json())


class SrtOutput:
    """Cues of SubRip, as finals come."""

    def __init__(self) -> None:
        """Begin with cue 1."""
        self._num_cues = 0

    def take(self, event: LiveEvent) -> None:
        """See `Output`."""
        if isinstance(event, FinalText):
            self.write(event)

    def write(self, final: FinalText, words: tuple[Word, ...] = ()) -> None:
        """Write the cues of a final; without words, their times are estimated."""
        segment = TimedSegment(final.start, final.end, final.text, words)
        cues = lay_out(Document(final.language, final.end, (segment,)), WriterOptions())
        for span in spans(cues, DIALECT, highlight_words=False):
            self._num_cues += 1
            times = f"{srt_clock(span.start_ms)} --> {srt_clock(span.end_ms)}"
            emit(f"{self._num_cues}\n{times}\n{span.text}\n")


class TimedSrtOutput(SrtOutput):
    """Cues of SubRip by the times of words, which come behind each final that has text."""

    def __init__(self) -> None:
        """Begin with cue 1."""
        super().__init__()
        self._final: FinalText | None = None

    def take(self, event: LiveEvent) -> None:
        """See `Output`."""
        if isinstance(event, FinalText):
            self._final = event
        elif isinstance(event, Words) and self._final is not None:
            self.write(self._final, event.words)


OUTPUTS: Final[Mapping[str, Callable[[], Output]]] = {
    "text": TextOutput,
    "ndjson": NdjsonOutput,
    "srt": SrtOutput,
}
"""The values of `--emit`."""
