"""What a stream says, and its published JSON form: one object an event, told apart by `type`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import msgspec

from edge_runtime.arrays import Milliseconds, Seconds
from edge_runtime.json_schema import schema_of_any
from edge_runtime.results.status import Status
from edge_runtime.results.words import Word

EndpointReason = Literal["silence", "length", "flush"]
"""Why a segment ended: the speaker paused, it was as long as it may be, or the stream was flushed."""


class _Event:
    """Base of the events. Times are seconds from the stream's first sample."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the event as JSON has it."""
        fields: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self))
        return fields

    def to_json(self) -> str:
        """Return the event as one line of JSON, valid UTF-8; schema `engines/stream.schema.json`."""
        return msgspec.json.encode(self).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechStart(_Event):
    """Somebody began to speak.

    Attributes:
        start: where the segment begins, the padding before the speech included.
        audio_s: length of the stream when it was noticed.
    """

    type: Literal["speech_start"] = field(default="speech_start", init=False)
    start: Seconds
    audio_s: Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial(_Event):
    """The text of a segment that goes on.

    The stable text of a segment is what all its `stable_added` are joined; the draft stands behind it, and
    replaces the draft before.

    Attributes:
        stable_added: goes behind the stable text; whole words.
        draft: behind the stable text for now.
        audio_s: length of the stream that the text covers.
        lag_ms: from the arrival of the last of this audio to the event, on the wall clock.
    """

    type: Literal["partial"] = field(default="partial", init=False)
    stable_added: str
    draft: str
    audio_s: Seconds
    lag_ms: Milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Final(_Event):
    """The text of a segment that ended.

    Attributes:
        text: all of it. By the contract `append` it begins with the stable text; by `exact` it is the
            transcript of the segment's samples, whatever was stable.
        language: name of its language, None where unknown.
        start: where the segment begins.
        end: where it ends.
        confidence: geometric mean of the probabilities of its tokens, 0 to 1; None without tokens.
        status: how far the transcript can be relied on; see `Status`.
        corrected: stable words that the transcript contradicts; by `append` they stay in the text.
        lag_ms: from the arrival of the audio at which the end was noticed to the event, on the wall clock.
    """

    type: Literal["final"] = field(default="final", init=False)
    text: str
    language: str | None
    start: Seconds
    end: Seconds
    confidence: float | None
    status: Status
    corrected: int
    lag_ms: Milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Words(_Event):
    """The times of the words of the last final.

    Attributes:
        words: as written, in order; none where the text cannot be aligned.
        start: of the segment.
        end: of the segment.
        problem: why there are no words, None where there are.
    """

    type: Literal["words"] = field(default="words", init=False)
    words: tuple[Word, ...]
    start: Seconds
    end: Seconds
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint(_Event):
    """A segment has ended; its final follows.

    Attributes:
        end: where the segment ends.
        reason: why.
        audio_s: length of the stream when it was noticed.
    """

    type: Literal["endpoint"] = field(default="endpoint", init=False)
    end: Seconds
    reason: EndpointReason
    audio_s: Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats(_Event):
    """What a stream did so far.

    Attributes:
        audio_s: length of the stream.
        segment_s: length of its segments together.
        segments: that ended with a final.
        cancelled_segments: that ended without one.
        steps: hypotheses that were decoded.
        merged_steps: that were left out because newer audio had arrived.
        partials: events of that kind.
        dropped_partials: of these, joined with the next because nobody took them.
        stable_words: that became stable before their segment's end.
        corrected_words: of these, contradicted by the final.
        step_ms: time of all steps.
        final_ms: time of all finals, the last pass over each segment.
    """

    type: Literal["stats"] = field(default="stats", init=False)
    audio_s: Seconds = 0.0
    segment_s: Seconds = 0.0
    segments: int = 0
    cancelled_segments: int = 0
    steps: int = 0
    merged_steps: int = 0
    partials: int = 0
    dropped_partials: int = 0
    stable_words: int = 0
    corrected_words: int = 0
    step_ms: Milliseconds = 0.0
    final_ms: Milliseconds = 0.0


StreamEvent: TypeAlias = SpeechStart | Partial | Final | Words | Endpoint | Stats


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of an event.

    A release may add kinds of events, fields and statuses; a reader must not refuse them.
    """
    schema = schema_of_any((SpeechStart, Partial, Final, Words, Endpoint, Stats))
    for definition in schema["$defs"].values():
        if "type" in definition["properties"]:
            definition["required"] = sorted({"type", *definition.get("required", ())})
    schema["$defs"]["Final"]["properties"]["status"] = {"type": "string"}
    return schema
