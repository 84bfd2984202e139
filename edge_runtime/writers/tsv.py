"""Tab-separated values: start and end of each segment in whole milliseconds, and its text.

Source: `WriteTSV` of openai-whisper 20250625.
"""

from __future__ import annotations

from collections.abc import Iterator

from edge_runtime.results.document import Document
from edge_runtime.writers.clock import disjoint
from edge_runtime.writers.options import WriterOptions
from edge_runtime.writers.plain import one_line


def render(document: Document, _options: WriterOptions) -> str:
    """Write a header and one row a segment."""
    return "start\tend\ttext\n" + "".join(_rows(document))


def _rows(document: Document) -> Iterator[str]:
    rows = [(segment, text) for segment in document.segments if (text := one_line(segment.text))]
    times = disjoint([(segment.start, segment.end) for segment, _ in rows])
    for (start_ms, end_ms), (_, text) in zip(times, rows, strict=True):
        yield f"{start_ms}\t{end_ms}\t{text}\n"
