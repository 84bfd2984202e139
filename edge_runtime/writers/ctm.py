"""Time-marked conversation: `recording channel start duration word [confidence]`, one word a line.

Source: NIST SCTK, `doc/infmts.htm`, section "ctm"; the channel is 1, as Kaldi writes it. Seconds have three
decimals. Words are as written; strip punctuation before scoring. A segment whose words have no times is a
comment (`;;`) with its own times: a line without `;;` would claim that it is one word.
"""

from __future__ import annotations

from collections.abc import Iterator

from edge_runtime.results.document import Document, TimedSegment
from edge_runtime.results.words import Word
from edge_runtime.writers.clock import decimal_seconds, milliseconds
from edge_runtime.writers.options import WriterOptions
from edge_runtime.writers.plain import one_line

_CHANNEL = 1


def render(document: Document, options: WriterOptions) -> str:
    """Write one line a word."""
    recording = _token(options.recording)
    return "".join(
        f"{recording} {_CHANNEL} {fields}\n" if segment.words else f";; {recording} {_CHANNEL} {fields}\n"
        for segment in document.segments
        for fields in _records(segment)
    )


def _records(segment: TimedSegment) -> Iterator[str]:
    """Yield the fields after the channel, for each word or for a segment without word times."""
    if not segment.words and (text := one_line(segment.text)):
        yield f"{_times(segment)} {text}"
    for word in segment.words:
        if token := _token(word.text):
            confidence = "" if word.confidence is None else f" {word.confidence:.2f}"
            yield f"{_times(word)} {token}{confidence}"


def _times(item: Word | TimedSegment) -> str:
    start_ms, end_ms = milliseconds(item.start), milliseconds(item.end)
    return f"{decimal_seconds(start_ms)} {decimal_seconds(max(0, end_ms - start_ms))}"


def _token(text: str) -> str:
    """Replace spaces, which separate fields, by underscores."""
    return "_".join(one_line(text).split())
