"""What a line and a cue may hold, and how long a cue is shown.

Defaults are those of Netflix's timed text guides: 42 x 2 and 17 characters a second; 16 full-width characters
and 9 a second in Chinese, Japanese and Korean; 5/6 s to 7 s; two frames (of 24 a second) between cues. Times
are in hundredths of a second, rounded up, which every format can write.
"""

from __future__ import annotations

import sys
import unicodedata
from dataclasses import dataclass
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.results.document import Document
from edge_runtime.writers.options import WriterOptions

_WIDTH: Final = 42
_WIDE_WIDTH: Final = 16
_LINES: Final = 2
_MAX_CPS: Final = 17.0
_WIDE_MAX_CPS: Final = 9.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CueLimits:
    """Limits of cues.

    Attributes:
        columns: of a line; a wide character takes two, others one (UAX 11).
        lines: in a cue.
        line_words: in a line.
        max_cps: characters a second, spaces included.
        shortest_ms: what a cue is shown at least where there is room behind it.
        longest_ms: what it is shown at most.
        gap_ms: between two cues.
        bridged_ms: a gap below this is closed to `gap_ms`.
    """

    columns: int
    lines: int
    line_words: int
    max_cps: float
    shortest_ms: int = 840
    longest_ms: int = 7000
    gap_ms: int = 90
    bridged_ms: int = 500

    @classmethod
    def of(cls, options: WriterOptions, document: Document) -> CueLimits:
        """Derive the limits from the options, and from the script of most of the text.

        The width of a line counts full-width characters in scripts of those. Words alone make cues of one
        line.
        """
        wide = _is_wide(document)
        width = options.max_line_width or (_WIDE_WIDTH if wide else _WIDTH)
        words_alone = options.max_words_per_line and not options.max_line_width
        return cls(
            columns=width * (2 if wide else 1),
            lines=options.max_line_count or (1 if words_alone else _LINES),
            line_words=options.max_words_per_line or sys.maxsize,
            max_cps=options.max_cps or (_WIDE_MAX_CPS if wide else _MAX_CPS),
        )

    def reading_s(self, num_characters: int) -> Seconds:
        """Return how long it takes to read so many characters."""
        return num_characters / self.max_cps


def columns_of(text: str) -> int:
    """Return the columns that a text takes; combining marks and joiners take none."""
    return sum(map(_columns, text))


def _columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _is_wide(document: Document) -> bool:
    letters = [char for segment in document.segments for char in segment.text if char.isalpha()]
    return sum(_columns(char) == 2 for char in letters) > len(letters) / 2  # noqa: PLR2004
