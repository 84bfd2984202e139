"""Cues that are the segments of a document, one for one, in the lines in which their text is written."""

from __future__ import annotations

from edge_runtime.results.document import Document
from edge_runtime.results.words import Word
from edge_runtime.writers.clock import disjoint
from edge_runtime.writers.cue import Cue
from edge_runtime.writers.plain import within_line


def kept_cues(document: Document) -> tuple[Cue, ...]:
    """Return a cue for each segment that has text."""
    rows = [
        (segment, tuple(filter(None, map(within_line, segment.text.splitlines()))))
        for segment in document.segments
    ]
    shown = [(segment, lines) for segment, lines in rows if lines]
    times = disjoint([(segment.start, segment.end) for segment, _ in shown])
    return tuple(
        Cue(
            start_ms,
            end_ms,
            tuple((Word(line, segment.start, segment.end),) for line in lines),
            timed=False,
            opened=() if document.has_markup else None,
        )
        for (start_ms, end_ms), (segment, lines) in zip(times, shown, strict=True)
    )
