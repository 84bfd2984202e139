"""The layout of openai-whisper 20250625 (`SubtitlesWriter.iterate_result`).

The flags and their combinations are its own:

* width and line count: text flows over segment borders, and a cue is full when its last line is. A pause of
  more than 3 s starts a cue.
* width alone: one cue a segment, in as many lines as it needs.
* words alone, or with width: a cue is full after that many words of a segment.
* line count without width: no effect, because a line holds any text.

With all three, whisper ignores the words; here they limit each line. No break is inside a word.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from edge_runtime.results.document import is_long_pause, split_words
from edge_runtime.results.words import Word
from edge_runtime.writers.cues.box import Box, boxes_of, length_of
from edge_runtime.writers.options import WriterOptions

_UNLIMITED: Final = sys.maxsize


@dataclass(frozen=True, slots=True)
class WhisperLimits:
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
    def of(cls, options: WriterOptions) -> WhisperLimits:
        """Derive the limits from the options."""
        width = options.max_line_width or _UNLIMITED
        words = options.max_words_per_line or _UNLIMITED
        if options.max_line_width and options.max_line_count:
            return cls(True, width, words, options.max_line_count, _UNLIMITED)
        return cls(False, width, _UNLIMITED, _UNLIMITED, words)

    def wrap(self, boxes: Sequence[Box]) -> Iterator[tuple[Box, ...]]:
        """Yield lines, each with as many boxes as fit."""
        line: tuple[Box, ...] = ()
        for box in boxes:
            wider = (*line, box)
            if line and (length_of(wider) > self.width or len(wider) > self.line_words):
                yield line
                wider = (box,)
            line = wider
        if line:
            yield line

    def cues(
        self, rows: Sequence[Sequence[Word]], read: Callable[[str], str] = str
    ) -> Iterator[tuple[tuple[Box, ...], ...]]:
        """Yield the lines of each cue; `rows` are the words of each segment, `read` as of `boxes_of`."""
        for row in [list(chain(*rows))] if self.flows else rows:
            for stretch in split_words(row, is_long_pause) if self.flows else [row]:
                yield from self._cut(boxes_of(stretch, None, frozenset(), read))

    def _cut(self, boxes: Sequence[Box]) -> Iterator[tuple[tuple[Box, ...], ...]]:
        while boxes:
            lines = tuple(islice(self.wrap(boxes[: self.cue_words]), self.lines))
            yield lines
            boxes = boxes[sum(map(len, lines)) :]
