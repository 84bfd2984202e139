r"""SubRip subtitles: numbered cues, `HH:MM:SS,mmm`, a blank line after each.

Source: `WriteSRT` of openai-whisper 20250625. SubRip has no escapes: `<i>` in a text is markup to a player.
Of the markup of a text it has `<i>`, `<b>`, `<u>`, `<s>`, `<font>`, and the place of a cue, `{\an8}`.
"""

from __future__ import annotations

import re
from typing import Final

from edge_runtime.results.document import Document
from edge_runtime.writers.clock import srt_clock
from edge_runtime.writers.cue import spans
from edge_runtime.writers.cues.dialect import Dialect
from edge_runtime.writers.layout import lay_out
from edge_runtime.writers.options import WriterOptions

_PLACE: Final = re.compile(r"\\an[1-9]")


def _place(block: str) -> str:
    place = _PLACE.search(block)
    return f"{{{place[0]}}}" if place else ""


DIALECT: Final = Dialect(
    styles={name: (f"<{name}>", f"</{name}>") for name in "ibus"}, own=frozenset({"font"}), block=_place
)


def render(document: Document, options: WriterOptions) -> str:
    """Write numbered cues."""
    shown = spans(lay_out(document, options), DIALECT, highlight_words=options.highlight_words)
    return "".join(
        f"{number}\n{srt_clock(span.start_ms)} --> {srt_clock(span.end_ms)}\n{span.text}\n\n"
        for number, span in enumerate(shown, 1)
    )
