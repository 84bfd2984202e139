"""Options of the writers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from edge_runtime.arrays import Seconds
from edge_runtime.errors import UsageError
from edge_runtime.results.words import Word

Line: TypeAlias = tuple[Word, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterOptions:
    """How a document is laid out.

    Attributes:
        max_line_width: characters in a line, spaces included: 42, or 16 full-width ones in scripts of those,
            if None. A longer word gets a line of its own.
        max_line_count: lines in a cue: 2 if None.
        max_words_per_line: words in a line; in scripts without spaces, characters. Alone, a cue is one line.
        max_cps: characters a second that can be read: 17, or 9 in scripts of full-width characters, if None.
        whisper_layout: lay cues out as openai-whisper does, and without limits where none is given; see
            `edge_runtime.writers.cues.whisper`.
        highlight_words: show each word as it is spoken (srt, vtt, lrc, ass).
        keep_segments: show each segment as one cue, in the lines of its text; no limit acts then.
        offset_s: added to all times, which are never below 0.
        bom: begin with a byte order mark in the formats that may have one.
        recording: name of the recording, for the format that contains it (ctm).
    """

    max_line_width: int | None = None
    max_line_count: int | None = None
    max_words_per_line: int | None = None
    max_cps: float | None = None
    whisper_layout: bool = False
    highlight_words: bool = False
    keep_segments: bool = False
    offset_s: Seconds = 0.0
    bom: bool = False
    recording: str = "recording"

    def __post_init__(self) -> None:
        for name in ("max_line_width", "max_line_count", "max_words_per_line", "max_cps"):
            value = getattr(self, name)
            if value is not None and value < 1:
                flag = "--" + name.replace("_", "-")
                raise UsageError(f"{flag} is {value}. Give 1 or more, or leave it out.")

    @property
    def has_limits(self) -> bool:
        """Whether a limit is given."""
        limits = (self.max_line_width, self.max_line_count, self.max_words_per_line, self.max_cps)
        return any(limit is not None for limit in limits)
