"""Lyrics: `[MM:SS.cc]` and a line of text; with highlighted words, `<MM:SS.cc>` before each word.

Source: the simple and the enhanced (A2) format as described in https://en.wikipedia.org/wiki/LRC_(file_format);
a line is shown until the next. It is a sentence unless a width is given: no player has two lines for it.
Markup of a text is left out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from edge_runtime.results.document import Document
from edge_runtime.results.words import Word
from edge_runtime.writers.clock import lrc_clock, milliseconds
from edge_runtime.writers.cue import Cue
from edge_runtime.writers.cues.dialect import Dialect
from edge_runtime.writers.layout import lay_out
from edge_runtime.writers.options import WriterOptions

_WIDTH: Final = 1000
_DIALECT: Final = Dialect(newline=" ")


def render(document: Document, options: WriterOptions) -> str:
    """Write one line a cue."""
    return "".join(
        f"[{lrc_clock(cue.start_ms)}]{_text(cue, highlight_words=options.highlight_words)}\n"
        for cue in lay_out(document, lyrics_layout(options))
    )


def lyrics_layout(options: WriterOptions) -> WriterOptions:
    """Return the layout of lyrics: one line a cue, and no default of its width."""
    return replace(options, max_line_width=options.max_line_width or _WIDTH, max_line_count=1)


def _text(cue: Cue, *, highlight_words: bool) -> str:
    return cue.written(_DIALECT, before=_stamp if highlight_words and cue.timed else None)


def _stamp(word: Word) -> str:
    return f"<{lrc_clock(milliseconds(word.start))}>"
