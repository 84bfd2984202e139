"""Read a transcript or an alignment that was stored as JSON."""

from __future__ import annotations

from typing import Final

import msgspec

from edge_runtime.alignment.word_timestamps import to_document
from edge_runtime.errors import UsageError
from edge_runtime.results.document import Document
from edge_runtime.results.transcript import TRANSCRIPT_SCHEMA, Transcript
from edge_runtime.writers.alignment_json import ALIGNMENT_SCHEMA, Alignment

_KINDS: Final = {TRANSCRIPT_SCHEMA: Transcript, ALIGNMENT_SCHEMA: Alignment}


def read_document(text: str, name: str) -> Document:
    """Read one document.

    Args:
        text: what `run --json`, `run -f json` or `align` wrote of one recording.
        name: of the file, for messages.

    Raises:
        UsageError: it is no such document.
    """
    try:
        schema = msgspec.json.decode(text, type=_Head).schema
        if schema not in _KINDS:
            raise UsageError(f"{name}: the schema is {schema!r}. {_HINT}")
        stored: Transcript | Alignment = msgspec.json.decode(text, type=_KINDS[schema])
    except msgspec.MsgspecError as error:
        raise UsageError(f"{name}: is no document of one recording: {error}. {_HINT}") from error
    if isinstance(stored, Transcript):
        return to_document(stored, "word" if stored.words else "segment")
    return Document(
        stored.language,
        stored.duration_s,
        stored.segments,
        stored.status or None,
        stored.warnings or (),
        has_markup=bool(stored.has_markup),
        speech=stored.speech or (),
    )


class _Head(msgspec.Struct):
    schema: str = ""


_HINT: Final = (
    "Give what `edge-asr run --json`, `edge-asr run -f json` or `edge-asr align` wrote of one recording: "
    f"{' or '.join(_KINDS)}."
)
