"""The result of a transcription and its published JSON form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec

from edge_runtime.arrays import Milliseconds, Seconds
from edge_runtime.audio.load import Audio
from edge_runtime.bundle.bundle import Bundle
from edge_runtime.json_schema import schema_of
from edge_runtime.results.words import Word
from edge_runtime.text.languages import LanguageChoice

TRANSCRIPT_SCHEMA: Final = "edge-asr/transcript@1"

Status = Literal["ok", "no_speech", "truncated"]
AlignStatus = Literal["ok", "no_speech"]

WarningCode = Literal[
    "truncated",
    "repetition_removed",
    "channels_mixed",
    "dialect_as_language",
    "not_aligned",
    "no_speech",
    "text_longer_than_audio",
    "doubtful_times",
]
"""Stable names of what a result may warn of."""

STRICT_CODES: Final[frozenset[WarningCode]] = frozenset({"truncated", "repetition_removed", "not_aligned"})
"""What `edge-asr run --strict` takes as a failure: the text was cut or repaired, or has no times."""

_STEREO: Final = 2


@dataclass(frozen=True, slots=True)
class ResultWarning:
    """Why a result is not exactly what the model wrote, or may be wrong.

    Attributes:
        code: stable name, e.g. "truncated".
        message: one sentence for a person.
    """

    code: WarningCode
    message: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the recording and its text; times in seconds from the start of the recording."""

    start: Seconds
    end: Seconds
    text: str


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """The recording that was transcribed."""

    path: str | None
    sha256: str | None
    duration_s: Seconds
    sample_rate: int
    channels: int

    @classmethod
    def of(cls, audio: Audio) -> AudioInfo:
        """Describe a recording."""
        return cls(audio.source, audio.sha256, audio.duration_s, audio.source_rate, audio.source_channels)


@dataclass(frozen=True, slots=True)
class Timing:
    """Time by stage. `ttft_ms` counts from the decoded audio to the first token of the text."""

    decode_ms: Milliseconds
    frontend_ms: Milliseconds
    encoder_ms: Milliseconds
    prefill_ms: Milliseconds
    generate_ms: Milliseconds
    total_ms: Milliseconds
    ttft_ms: Milliseconds | None
    decode_tok_s: float | None
    rtf: float


@dataclass(frozen=True, slots=True)
class AlignTiming:
    """Time of an alignment by stage, summed over its windows."""

    decode_ms: Milliseconds
    frontend_ms: Milliseconds
    encoder_ms: Milliseconds
    align_ms: Milliseconds
    total_ms: Milliseconds
    rtf: float


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """The bundle that computed a result."""

    name: str
    manifest_sha256: str
    backend: str
    precision: str

    @classmethod
    def of(cls, bundle: Bundle) -> EngineInfo:
        """Describe a bundle."""
        manifest = bundle.manifest
        return cls(manifest.name, bundle.manifest_sha256, manifest.target, manifest.precision)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """The text of one recording and everything known about it.

    Attributes:
        text: the transcript.
        language: name of the detected or forced language, None where the model named none.
        language_code: its code, None where unknown.
        language_forced: the caller chose the language.
        status: "no_speech" where there is no text, "truncated" where the token budget ended it, else "ok".
        no_speech: whether there is no text; derived from it. True beside the status "truncated" as well.
        truncated: whether the token budget ended the text; derived from the status.
        avg_logprob: mean natural log-probability of the generated tokens, None without tokens.
        num_tokens: generated tokens.
        segments: sentences with their times; one segment for the whole recording if words have no times.
        words: the words with their times, None if they were not requested or could not be aligned.
        warnings: what was removed, mixed down, cut or not aligned.
    """

    text: str
    language: str | None
    language_code: str | None
    language_forced: bool
    status: Status
    no_speech: bool = field(init=False)
    truncated: bool = field(init=False)
    avg_logprob: float | None
    num_tokens: int
    segments: tuple[Segment, ...]
    warnings: tuple[ResultWarning, ...]
    audio: AudioInfo
    timing: Timing
    engine: EngineInfo
    runtime_version: str
    words: tuple[Word, ...] | None = None
    schema: str = field(default=TRANSCRIPT_SCHEMA)

    def __post_init__(self) -> None:
        # Fields and not properties: msgspec writes fields, also where a transcript is part of a document.
        object.__setattr__(self, "no_speech", not self.text)
        object.__setattr__(self, "truncated", self.status == "truncated")

    def to_json(self) -> str:
        """Return the transcript as one line of JSON, keys sorted."""
        return msgspec.json.encode(self, order="sorted").decode()


def json_schema() -> dict[str, object]:
    """Return the JSON Schema of a transcript."""
    return with_open_warning_codes(schema_of(Transcript))


def with_open_warning_codes(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a result, changed in place, with any string as the code of a warning.

    A release may add codes under the same schema id; a reader that validates must not refuse them.
    """
    schema["$defs"]["ResultWarning"]["properties"]["code"] = {"type": "string"}
    return schema


def mixdown_warning(audio: Audio) -> ResultWarning | None:
    """Warn of a recording with more than two channels; mixing down stereo needs no warning."""
    if audio.source_channels <= _STEREO:
        return None
    return ResultWarning("channels_mixed", f"{audio.source_channels} channels were averaged to one.")


def dialect_warning(choice: LanguageChoice | None) -> ResultWarning | None:
    """Say which language stands for a dialect that the caller named."""
    if choice is None or choice.dialect is None:
        return None
    return ResultWarning(
        "dialect_as_language",
        f"{choice.dialect!r} was taken as {choice.language.name}: the model has no other name for it.",
    )
