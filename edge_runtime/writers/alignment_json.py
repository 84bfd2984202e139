"""The project's own JSON: everything a document holds, and its published schema."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec

from edge_runtime.arrays import Seconds
from edge_runtime.captions import Document, TimedSegment
from edge_runtime.writers.options import WriterOptions

ALIGNMENT_SCHEMA: Final = "edge-asr/alignment@1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """What was said in a recording, and when; times in seconds from its start.

    Attributes:
        language: name of the language, None where unknown.
        duration_s: length of the recording.
        text: the texts of the segments in one.
        segments: the text in order; their words are empty where their times are not known.
    """

    language: str | None
    duration_s: Seconds
    text: str
    segments: tuple[TimedSegment, ...]
    schema: Literal["edge-asr/alignment@1"] = field(default=ALIGNMENT_SCHEMA)


def render(document: Document, _options: WriterOptions) -> str:
    """Write one line of JSON, keys sorted."""
    alignment = Alignment(
        language=document.language,
        duration_s=document.duration_s,
        text=document.text,
        segments=document.segments,
    )
    return msgspec.json.encode(alignment, order="sorted").decode() + "\n"


def json_schema() -> dict[str, object]:
    """Return the JSON Schema of an alignment, published as `engines/alignment.schema.json`."""
    return msgspec.json.schema(Alignment)
