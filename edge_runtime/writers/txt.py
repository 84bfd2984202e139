"""Plain text: one segment a line.

Source: `WriteTXT` of openai-whisper 20250625.
"""

from __future__ import annotations

from edge_runtime.results.document import Document
from edge_runtime.writers.options import WriterOptions
from edge_runtime.writers.plain import one_line


def render(document: Document, _options: WriterOptions) -> str:
    """Write the text of each segment that has one."""
    texts = (one_line(segment.text) for segment in document.segments)
    return "".join(f"{text}\n" for text in texts if text)
