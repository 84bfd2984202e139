"""The result of a transcription and its published JSON form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec

from edge_runtime.arrays import Milliseconds, Seconds
from edge_runtime.audio.load import Audio
from edge_runtime.bundle.bundle import Bundle
from edge_runtime.json_schema import schema_of
from edge_runtime.results.result_warning import ResultWarning
from edge_runtime.results.status import CUT, Rung, Status
from edge_runtime.results.words import Word
from edge_runtime.text.compression import compression_ratio

TRANSCRIPT_SCHEMA: Final = "edge-asr/transcript@1"

AlignStatus = Literal["ok", "no_speech"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the recording and its text; times in seconds from the start of the recording.

    Attributes:
        start: where it begins.
        end: where it ends.
        text: what is said in it.
        language: name of its language, None where unknown.
        language_code: its code, None where unknown.
        status: see `Status`.
        avg_logprob: mean natural log-probability of its tokens, None where unknown. A sentence has that of
            the stretch that was decoded with it, as it has its status and language.
        num_tokens: generated for it, None where unknown.
        compression_ratio: of the text; see `compression_ratio`.
        language_probability: product of the probabilities of the tokens that name the language, None where it
            was forced or none is named.
        rungs: what was tried before its text was accepted, in order.
    """

    start: Seconds
    end: Seconds
    text: str
    language: str | None = None
    language_code: str | None = None
    status: Status = "ok"
    avg_logprob: float | None = None
    num_tokens: int | None = None
    compression_ratio: float = field(init=False, default=0.0)
    language_probability: float | None = None
    rungs: tuple[Rung, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "compression_ratio", compression_ratio(self.text))


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the recording, in seconds from its start."""

    start: Seconds
    end: Seconds


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
    """Time by stage. `ttft_ms` counts from the decoded audio to the first token of the text.

    Segments of a long recording are decoded together, and one step serves several of them. There the stages
    behind the first pass are shares of the time that passed, in the proportions of the segments' own times;
    `decode_ms`, `total_ms` and `rtf` are measured, `ttft_ms` is the first segment's own.
    """

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
        status: the worst of its segments and of the whole; see `Status`.
        no_speech: whether there is no text; derived from it. True beside the status "truncated" as well.
        truncated: whether the text was cut, by the token budget or in a loop; derived from the status.
        avg_logprob: mean natural log-probability of the generated tokens, None without tokens.
        num_tokens: generated tokens.
        segments: sentences with their times; one segment for the whole recording if words have no times.
        words: the words with their times, None if they were not requested or could not be aligned.
        warnings: what was removed, mixed down, cut or not aligned.
        compression_ratio: of the text; see `compression_ratio`.
        language_probability: the lowest of its segments; see `Segment`.
        covered_s: seconds of the recording that were decoded, None where unknown.
        uncovered_s: seconds that were not, although they are loud enough to hold speech: the detector hears
            none there.
        uncovered: where they are, in order.
        speech: where somebody speaks, in order, as the detector hears it, or as far as it is loud enough
            where none was asked; None where nobody looked.
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
    compression_ratio: float = field(init=False, default=0.0)
    language_probability: float | None = None
    covered_s: Seconds | None = None
    uncovered_s: Seconds = 0.0
    uncovered: tuple[Stretch, ...] = ()
    speech: tuple[Stretch, ...] | None = None
    schema: str = field(default=TRANSCRIPT_SCHEMA)

    def __post_init__(self) -> None:
        # Fields and not properties: msgspec writes fields, also where a transcript is part of a document.
        object.__setattr__(self, "no_speech", not self.text)
        object.__setattr__(self, "truncated", self.status in CUT)
        object.__setattr__(self, "compression_ratio", compression_ratio(self.text))

    def to_json(self) -> str:
        """Return the transcript as one line of JSON, keys sorted."""
        return msgspec.json.encode(self, order="sorted").decode()


def json_schema() -> dict[str, object]:
    """Return the JSON Schema of a transcript.

    A release may add fields, warning codes, statuses and rungs under the same schema id; a reader that
    validates must not refuse them. It takes an unknown status for a doubtful text.
    """
    schema = with_open_warning_codes(schema_of(Transcript))
    for name in ("Segment", "Transcript"):
        schema["$defs"][name]["properties"]["status"]["type"] = "string"
        schema["$defs"][name]["properties"]["status"].pop("enum")
    schema["$defs"]["Segment"]["properties"]["rungs"]["items"] = {"type": "string"}
    return schema


def with_open_warning_codes(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a result, changed in place, with any string as the code of a warning.

    A release may add codes under the same schema id; a reader that validates must not refuse them.
    """
    schema["$defs"]["ResultWarning"]["properties"]["code"] = {"type": "string"}
    return schema
