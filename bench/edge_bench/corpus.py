"""A list of recordings with their reference texts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from edge_runtime.arrays import Seconds
from edge_runtime.errors import UsageError


class Clip(msgspec.Struct, frozen=True, kw_only=True):
    """One recording of a corpus.

    Attributes:
        id: unique name.
        audio: path of the recording, relative to the list.
        text: reference transcript, "" where nobody speaks.
        language: name of the spoken language, "" where nobody speaks.
        demo: the demonstration shows this recording.
    """

    id: str
    audio: str
    text: str
    language: str
    demo: bool = False


class AlignedClip(msgspec.Struct, frozen=True, kw_only=True):
    """One recording with the time of every word.

    Attributes:
        id: unique name.
        audio: path of the recording, relative to the list.
        text: what is spoken.
        language: its name.
        units: words, or in Chinese characters, with their true times in seconds.
    """

    id: str
    audio: str
    text: str
    language: str
    units: tuple[UnitSpan, ...]


class PairClip(msgspec.Struct, frozen=True, kw_only=True):
    """One recording with a text that may be another's.

    Attributes:
        id: unique name.
        audio: path of the recording, relative to the list.
        text: to align.
        language: its name.
        kind: of pair, e.g. "intro_left_out".
        match: whether the text is what is spoken.
        units: words with their true times in seconds; empty where not known.
    """

    id: str
    audio: str
    text: str
    language: str
    kind: str
    match: bool
    units: tuple[UnitSpan, ...] = ()


class SpeechClip(msgspec.Struct, frozen=True, kw_only=True):
    """One recording with its text, and the time of every word where it is known.

    Attributes:
        id: unique name.
        audio: path of the recording, relative to the list.
        text: what is spoken, "" where nobody speaks.
        language: its name, "" where nobody speaks.
        units: words, or in Chinese characters, with their true times in seconds; empty where not known.
    """

    id: str
    audio: str
    text: str
    language: str
    units: tuple[UnitSpan, ...] = ()


class Variant(Clip, frozen=True, kw_only=True):
    """A recording made of clips of a corpus, or of none.

    Attributes:
        kind: "joined" clips, one with silence at its "edges", a "sound" without speech.
        parts: ids of its clips in the corpus, in order.
    """

    kind: Literal["joined", "edges", "sound"]
    parts: tuple[str, ...] = ()


Entry = TypeVar("Entry", Clip, AlignedClip, PairClip, SpeechClip, Variant)


def read_list(path: Path, kind: type[Entry]) -> tuple[Entry, ...]:
    """Read a list of recordings: one JSON object a line, with the fields of `kind`.

    Raises:
        UsageError: there is no such list, a line of it is not a clip, or it is empty.
    """
    try:
        # Not splitlines: it also breaks at characters that a JSON string may hold.
        lines = path.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not a readable list of recordings: {error}.") from error
    clips = tuple(_clip(path, number, line, kind) for number, line in enumerate(lines, 1) if line.strip())
    if not clips:
        raise UsageError(f"{path}: no recordings in the list. Give one JSON object a line.")
    return clips


def _clip(path: Path, number: int, line: str, kind: type[Entry]) -> Entry:
    try:
        return msgspec.json.decode(line, type=kind)
    except msgspec.MsgspecError as error:
        required_fields = ", ".join(field.name for field in msgspec.structs.fields(kind) if field.required)
        raise UsageError(f"{path}:{number}: not a clip: {error}. Wanted: {required_fields}.") from error


@dataclass(frozen=True, slots=True)
class UnitSpan:
    """A unit of text with its times, in seconds."""

    text: str
    start: Seconds
    end: Seconds
