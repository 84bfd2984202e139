"""The project's own JSON: everything a document holds, and its published schema."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from edge_runtime.arrays import Seconds
from edge_runtime.json_schema import schema_of
from edge_runtime.results.document import Document, TimedSegment
from edge_runtime.results.result_warning import ResultWarning
from edge_runtime.results.transcript import (
    AlignTiming,
    AudioInfo,
    EngineInfo,
    Stretch,
    with_open_warning_codes,
)
from edge_runtime.writers.options import WriterOptions

ALIGNMENT_SCHEMA: Final = "edge-asr/alignment@1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """The text of a recording with times, in seconds from its start.

    Attributes:
        language: name of the language, None where unknown.
        duration_s: length of the recording.
        text: the joined texts of the segments.
        segments: the text in order; their words are empty where word times are unknown.
        status, warnings: of the alignment, or of the transcript that the document shows; left out where
            unknown.
        has_markup: true where `<i>` and `&amp;` in the texts are markup; left out where they are not.
        speech: where somebody speaks, in a document without words; left out where unknown.
        match, audio, timing, engine, runtime_version: of the alignment; left out if the document was not
            made by one. `match` says how well text and recording fit, from 0 to 1.
    """

    language: str | None
    duration_s: Seconds
    text: str
    segments: tuple[TimedSegment, ...]
    schema: Literal["edge-asr/alignment@1"] = field(default=ALIGNMENT_SCHEMA)
    status: str | UnsetType = UNSET
    warnings: tuple[ResultWarning, ...] | UnsetType = UNSET
    has_markup: bool | UnsetType = UNSET
    speech: tuple[Stretch, ...] | UnsetType = UNSET
    match: float | UnsetType | None = UNSET
    audio: AudioInfo | UnsetType = UNSET
    timing: AlignTiming | UnsetType = UNSET
    engine: EngineInfo | UnsetType = UNSET
    runtime_version: str | UnsetType = UNSET


def render(document: Document, _options: WriterOptions) -> str:
    """Write one line of JSON, keys sorted."""
    return encode(document) + "\n"


def encode(document: Document, **metadata: Any) -> str:
    """Return one line of JSON, keys sorted, without a newline.

    Args:
        document: the text and its times.
        metadata: further attributes of `Alignment`, by name.
    """
    facts: dict[str, Any] = {}
    if document.status is not None:
        facts = {"status": document.status, "warnings": document.warnings}
    alignment = Alignment(
        language=document.language,
        duration_s=document.duration_s,
        text=document.text,
        segments=document.segments,
        has_markup=document.has_markup or UNSET,
        speech=document.speech or UNSET,
        **(facts | metadata),
    )
    return msgspec.json.encode(alignment, order="sorted").decode()


def json_schema() -> dict[str, object]:
    """Return the JSON Schema of an alignment, published as `engines/alignment.schema.json`."""
    return with_open_warning_codes(schema_of(Alignment))
