"""A subtitle file as it was given, and its captions.

Only the times are ever replaced, at their places in the file. Everything else (numbers, texts, markup,
settings, styles, comments, line ends) is kept byte for byte, which no library that writes a parsed file
anew can promise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from edge_runtime.arrays import Seconds
from edge_runtime.writers.clock import ass_clock, disjoint, srt_clock, vtt_clock

CaptionFormat = Literal["srt", "vtt", "ass"]


class Stamp(NamedTuple):
    """Where a time stands in a file: `[begin, end)`."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Caption:
    """What is shown at once.

    Attributes:
        text: as written, markup included; lines are separated by a line feed.
        start: in seconds, as the file says.
        stamps: where its start and its end stand in the file.
    """

    text: str
    start: Seconds = 0.0
    stamps: tuple[Stamp, Stamp] | None = None


@dataclass(frozen=True, slots=True)
class CaptionFile:
    """A text in captions.

    Attributes:
        captions: in the order in which they begin.
        source: the whole file.
        format: of the file; None for plain text, whose lines are the captions.
    """

    captions: tuple[Caption, ...]
    source: str
    format: CaptionFormat | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts of the captions, in their order."""
        return tuple(caption.text for caption in self.captions)

    def retimed(self, times: Sequence[tuple[Seconds, Seconds]]) -> str:
        """Return the file with other times.

        Args:
            times: start and end of each caption, in the order of `captions`.
        """
        clocks = {
            stamp: _clock_like(self.source[stamp.begin : stamp.end], time_ms)
            for caption, interval in zip(self.captions, disjoint(times), strict=True)
            for stamp, time_ms in zip(caption.stamps or (), interval, strict=False)
        }
        pieces, done = [], 0
        for stamp in sorted(clocks):
            pieces += [self.source[done : stamp.begin], clocks[stamp]]
            done = stamp.end
        return "".join(pieces) + self.source[done:]


def _clock_like(stamp: str, time_ms: int) -> str:
    """Write a time as the file writes its own: the mark before the fraction, and hours always or not."""
    if len(stamp) > len("0.00") and stamp[-3] == ".":
        return ass_clock(time_ms)
    has_hours = stamp.count(":") > 1
    clock = srt_clock(time_ms) if has_hours else vtt_clock(time_ms)
    return clock.replace(",", ".") if "." in stamp else clock.replace(".", ",")
