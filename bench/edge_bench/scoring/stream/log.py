"""What a stream said of each segment, and when on the clock of the audio."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from edge_runtime.arrays import Seconds
from edge_runtime.streaming.events import Endpoint, Final, Partial, SpeechStart, StreamEvent


@dataclass(frozen=True, slots=True)
class SegmentLog:
    """One segment of a stream.

    Attributes:
        noticed_s: length of the stream when its speech was noticed.
        partials: while it grew.
        ended_s: length of the stream when its end was noticed; its final follows without more audio.
        final: its text.
        carried_language: that of the segment before, where that was cut for its length; it was forced then.
    """

    noticed_s: Seconds
    partials: tuple[Partial, ...]
    ended_s: Seconds
    final: Final
    carried_language: str | None = None

    @property
    def stable(self) -> str:
        """The stable text before the final."""
        return "".join(partial.stable_added for partial in self.partials)

    def shown(self) -> Iterator[tuple[Seconds, str]]:
        """Yield what a reader sees, and when: stable text and draft after each partial, then the final."""
        stable = ""
        for partial in self.partials:
            stable += partial.stable_added
            yield partial.audio_s, stable + partial.draft
        yield self.ended_s, self.final.text


def segments_of(events: Iterable[StreamEvent]) -> list[SegmentLog]:
    """Return the segments of a stream that ended with a final, in order."""
    segments: list[SegmentLog] = []
    partials: list[Partial] = []
    noticed_s = ended_s = 0.0
    carried: str | None = None
    was_cut = False
    for event in events:
        if isinstance(event, SpeechStart):
            noticed_s, partials = event.audio_s, []
        elif isinstance(event, Partial):
            partials.append(event)
        elif isinstance(event, Endpoint):
            ended_s, was_cut = event.audio_s, event.reason == "length"
        elif isinstance(event, Final):
            segments.append(SegmentLog(noticed_s, tuple(partials), ended_s, event, carried))
            carried = event.language if was_cut else None
            partials = []
    return segments
