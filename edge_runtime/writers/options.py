"""Options of the writers, and how much text fits a line and a cue.

The flags and their combinations are those of openai-whisper 20250625 (`SubtitlesWriter.iterate_result`):

* width and line count: text flows over segment borders, and a cue is full when its last line is.
* width alone: one cue a segment, in as many lines as it needs.
* words alone, or with width: a cue is full after that many words of a segment.
* line count without width: no effect, because a line holds any text.

With all three, whisper ignores the words; here they limit each line.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeAlias

from edge_runtime.errors import UsageError
from edge_runtime.results.words import Word

Line: TypeAlias = tuple[Word, ...]
_UNLIMITED: Final = sys.maxsize


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterOptions:
    """How a document is laid out; the module's docstring describes the combinations of the three limits.

    Attributes:
        max_line_width: characters in a line, spaces included; a Chinese character counts 1, as in
            openai-whisper. A longer word gets a line of its own.
        max_line_count: lines in a cue; has an effect only with `max_line_width`.
        max_words_per_line: words in a line; in scripts without spaces, characters.
        highlight_words: show each word as it is spoken (srt, vtt, lrc, ass).
        keep_segments: show each segment as one cue, in the lines of its text; no limit acts then.
        recording: name of the recording, for the format that contains it (ctm).
    """

    max_line_width: int | None = None
    max_line_count: int | None = None
    max_words_per_line: int | None = None
    highlight_words: bool = False
    keep_segments: bool = False
    recording: str = "recording"

    def __post_init__(self) -> None:
        for name in ("max_line_width", "max_line_count", "max_words_per_line"):
            value = getattr(self, name)
            if value is not None and value < 1:
                flag = "--" + name.replace("_", "-")
                raise UsageError(f"{flag} is {value}. Give 1 or more, or leave it out for no limit.")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a line and a cue can hold.

    Attributes:
        flows: whether a cue may continue over the border of a segment.
        width: characters in a line.
        line_words: words in a line.
        lines: lines in a cue.
        cue_words: words in a cue.
    """

    flows: bool
    width: int
    line_words: int
    lines: int
    cue_words: int

    @classmethod
    def of(cls, options: WriterOptions) -> Limits:
        """Derive the limits from the options."""
        width = options.max_line_width or _UNLIMITED
        words = options.max_words_per_line or _UNLIMITED
        if options.max_line_width and options.max_line_count:
            return cls(True, width, words, options.max_line_count, _UNLIMITED)
        return cls(False, width, _UNLIMITED, _UNLIMITED, words)

    def wrap(self, words: Iterable[Word]) -> Iterator[Line]:
        """Yield lines, each with as many words as fit."""
        line: list[Word] = []
        width = 0
        for word in words:
            width += len(word.text) + (line[-1].space_after if line else 0)
            if line and (width > self.width or len(line) == self.line_words):
                yield tuple(line)
                line, width = [], len(word.text)
            line.append(word)
        if line:
            yield tuple(line)

    def capacity(self, words: Iterable[Word]) -> int:
        """Return how many of these words fit one cue, 1 or more unless there are none."""
        lines = islice(self.wrap(islice(words, self.cue_words)), self.lines)
        return sum(map(len, lines))
