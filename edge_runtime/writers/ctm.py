"""Time-marked conversation: `recording channel start duration word [confidence]`, one word a line.

Source: NIST SCTK, `doc/infmts.htm`, section "ctm"; the channel is 1, as Kaldi writes it. Seconds have three
decimals. Words are as written; strip punctuation before scoring.
"""

from __future__ import annotations

from collections.abc import Iterator

from edge_runtime.captions import Document, TimedSegment
from edge_runtime.errors import UsageError
from edge_runtime.words import Word
from edge_runtime.writers.clock import decimal_seconds, milliseconds
from edge_runtime.writers.options import WriterOptions
from edge_runtime.writers.plain import one_line

_CHANNEL = 1


def render(document: Document, options: WriterOptions) -> str:
    """Write one line a word.

    Raises:
        UsageError: a segment has text but no words; the format has no place for it.
    """
    recording = _token(options.recording)
    return "".join(
        f"{recording} {_CHANNEL} {_fields(word)}\n"
        for segment in document.segments
        for word in _words(segment)
        if _token(word.text)
    )


def _words(segment: TimedSegment) -> Iterator[Word]:
    if one_line(segment.text) and not segment.words:
        raise UsageError(
            f"ctm has a line for each word, but the words between {segment.start:.2f} s and "
            f"{segment.end:.2f} s have no times. Ask for word times, or choose another format."
        )
    yield from segment.words


def _fields(word: Word) -> str:
    start_ms, end_ms = milliseconds(word.start), milliseconds(word.end)
    duration = decimal_seconds(max(0, end_ms - start_ms))
    confidence = "" if word.confidence is None else f" {word.confidence:.2f}"
    return f"{decimal_seconds(start_ms)} {duration} {_token(word.text)}{confidence}"


def _token(text: str) -> str:
    """Spaces separate fields, so within a field they become underscores."""
    return "_".join(one_line(text).split())
