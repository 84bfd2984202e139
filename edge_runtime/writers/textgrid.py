"""Praat TextGrid in the long text format: a tier of words above a tier of segments.

Source: Praat manual, "TextGrid file formats", https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html.
The intervals of a tier cover the recording without gaps; silence has an empty text, and every interval has a
duration. Quotation marks within a text are doubled.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from edge_runtime.results.document import Document, TimedSegment
from edge_runtime.results.words import Word
from edge_runtime.writers.clock import decimal_seconds, disjoint, milliseconds
from edge_runtime.writers.cue import Span
from edge_runtime.writers.options import WriterOptions
from edge_runtime.writers.plain import one_line

_HEADER: Final = 'File type = "ooTextFile"\nObject class = "TextGrid"\n'


def render(document: Document, _options: WriterOptions) -> str:
    """Write both tiers over the whole recording."""
    tiers = {"words": _placed(_words(document)), "segments": _placed(document.segments)}
    last_end_ms = max((span.end_ms for spans in tiers.values() for span in spans), default=1)
    end_ms = max(milliseconds(document.duration_s), last_end_ms)
    head = f"xmin = 0\nxmax = {decimal_seconds(end_ms)}\ntiers? <exists>\nsize = {len(tiers)}\nitem []:\n"
    items = (_tier(number, name, spans, end_ms) for number, (name, spans) in enumerate(tiers.items(), 1))
    return f"{_HEADER}\n{head}{''.join(items)}"


def _words(document: Document) -> list[Word]:
    return [word for segment in document.segments for word in segment.words]


def _placed(items: Sequence[Word | TimedSegment]) -> list[Span]:
    visible = [item for item in items if one_line(item.text)]
    times = disjoint([(item.start, item.end) for item in visible])
    return [Span(*time, one_line(item.text)) for time, item in zip(times, visible, strict=True)]


def _filled(spans: Sequence[Span], end_ms: int) -> Iterator[Span]:
    now_ms = 0
    for span in spans:
        if now_ms < span.start_ms:
            yield Span(now_ms, span.start_ms, "")
        yield span
        now_ms = span.end_ms
    if now_ms < end_ms:
        yield Span(now_ms, end_ms, "")


def _tier(number: int, name: str, spans: Sequence[Span], end_ms: int) -> str:
    filled = tuple(_filled(spans, end_ms))
    head = (
        f'    item [{number}]:\n        class = "IntervalTier"\n        name = "{name}"\n'
        f"        xmin = 0\n        xmax = {decimal_seconds(end_ms)}\n"
        f"        intervals: size = {len(filled)}\n"
    )
    return head + "".join(_interval(index, span) for index, span in enumerate(filled, 1))


def _interval(index: int, span: Span) -> str:
    text = span.text.replace('"', '""')
    return (
        f"        intervals [{index}]:\n            xmin = {decimal_seconds(span.start_ms)}\n"
        f'            xmax = {decimal_seconds(span.end_ms)}\n            text = "{text}"\n'
    )
