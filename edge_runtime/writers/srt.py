"""SubRip subtitles: numbered cues, `HH:MM:SS,mmm`, a blank line after each.

Source: `WriteSRT` of openai-whisper 20250625. SubRip has no escapes: `<i>` in a text is markup to a player.
"""

from __future__ import annotations

from edge_runtime.results.document import Document
from edge_runtime.writers.clock import srt_clock
from edge_runtime.writers.cue import spans
from edge_runtime.writers.layout import lay_out
from edge_runtime.writers.options import WriterOptions


def render(document: Document, options: WriterOptions) -> str:
    """Write numbered cues."""
    shown = spans(lay_out(document, options), highlight_words=options.highlight_words)
    return "".join(
        f"{number}\n{srt_clock(span.start_ms)} --> {srt_clock(span.end_ms)}\n{span.text}\n\n"
        for number, span in enumerate(shown, 1)
    )
