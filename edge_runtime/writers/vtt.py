"""WebVTT subtitles: hours only from the first hour on, `&`, `<` and `>` as character references.

Source: `WriteVTT` of openai-whisper 20250625, which does not escape; W3C WebVTT, section 4.2.2, requires it.
Of the markup of a text it has `<i>`, `<b>`, `<u>`, and its own `<c>`, `<v>`, `<lang>`, `<ruby>`, `<rt>`.
"""

from __future__ import annotations

from html import escape
from typing import Final

from edge_runtime.results.document import Document
from edge_runtime.writers.clock import vtt_clock
from edge_runtime.writers.cue import spans
from edge_runtime.writers.cues.dialect import Dialect
from edge_runtime.writers.layout import ESTIMATED, is_estimated, lay_out
from edge_runtime.writers.options import WriterOptions
from edge_runtime.writers.plain import without_arrow


def _escaped(text: str) -> str:
    return escape(without_arrow(text), quote=False)


_DIALECT: Final = Dialect(
    escape=_escaped,
    styles={name: (f"<{name}>", f"</{name}>") for name in "ibu"},
    own=frozenset({"c", "v", "lang", "ruby", "rt"}),
)


def render(document: Document, options: WriterOptions) -> str:
    """Write cues after the signature."""
    shown = spans(lay_out(document, options), _DIALECT, highlight_words=options.highlight_words)
    note = f"NOTE {ESTIMATED}\n\n" if is_estimated(document, options) else ""
    return f"WEBVTT\n\n{note}" + "".join(
        f"{vtt_clock(span.start_ms)} --> {vtt_clock(span.end_ms)}\n{span.text}\n\n" for span in shown
    )
