"""The `verbose_json` of OpenAI's `/v1/audio/transcriptions`.

Source: `TranscriptionVerbose`, `TranscriptionSegment` and `TranscriptionWord` of openai-python, which require
every field. Constants fill the fields that this model does not provide: `seek` 0, `tokens` empty,
`temperature` 0, `no_speech_prob` 0, an unknown `avg_logprob` 0, an unknown language "unknown".
`status` and `warnings` are ours, left out where unknown.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import msgspec

from edge_runtime.arrays import Seconds
from edge_runtime.results.document import Document, TimedSegment
from edge_runtime.results.result_warning import ResultWarning
from edge_runtime.text.compression import compression_ratio
from edge_runtime.writers.options import WriterOptions

Granularity: TypeAlias = Literal["segment", "word"]

SEGMENTS: Final[frozenset[Granularity]] = frozenset({"segment"})
SEGMENTS_AND_WORDS: Final[frozenset[Granularity]] = SEGMENTS | {"word"}


@dataclass(frozen=True, slots=True)
class VerboseWord:
    """A word; times in seconds from the start of the recording."""

    word: str
    start: Seconds
    end: Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class VerboseSegment:
    """A segment; times in seconds from the start of the recording."""

    id: int
    seek: int = 0
    start: Seconds
    end: Seconds
    text: str
    tokens: tuple[int, ...] = ()
    temperature: float = 0.0
    avg_logprob: float
    compression_ratio: float
    no_speech_prob: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DurationUsage:
    """Billed usage: seconds of audio."""

    type: Literal["duration"] = "duration"
    seconds: Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class VerboseTranscription:
    """The response body."""

    task: Literal["transcribe"] = "transcribe"
    language: str
    duration: Seconds
    text: str
    segments: tuple[VerboseSegment, ...] | msgspec.UnsetType
    words: tuple[VerboseWord, ...] | msgspec.UnsetType
    usage: DurationUsage
    status: str | msgspec.UnsetType = msgspec.UNSET
    warnings: tuple[ResultWarning, ...] | msgspec.UnsetType = msgspec.UNSET


def render(document: Document, _options: WriterOptions) -> str:
    """Write one line of JSON with the segments, and with the words if their times are known."""
    has_words = any(segment.words for segment in document.segments)
    body = verbose_transcription(document, SEGMENTS_AND_WORDS if has_words else SEGMENTS)
    return msgspec.json.encode(body).decode() + "\n"


def verbose_transcription(
    document: Document, granularities: Collection[Granularity] = SEGMENTS
) -> VerboseTranscription:
    """Build the response for the `timestamp_granularities` of a request; others are left out."""
    return VerboseTranscription(
        language=(document.language or "unknown").lower(),
        duration=document.duration_s,
        text=document.text,
        segments=_segments(document) if "segment" in granularities else msgspec.UNSET,
        words=_words(document) if "word" in granularities else msgspec.UNSET,
        usage=DurationUsage(seconds=document.duration_s),
        status=document.status or msgspec.UNSET,
        warnings=msgspec.UNSET if document.status is None else document.warnings,
    )


def _segments(document: Document) -> tuple[VerboseSegment, ...]:
    return tuple(_segment(number, segment) for number, segment in enumerate(document.segments))


def _segment(number: int, segment: TimedSegment) -> VerboseSegment:
    return VerboseSegment(
        id=number,
        start=segment.start,
        end=segment.end,
        text=segment.text,
        avg_logprob=segment.avg_logprob or 0.0,
        compression_ratio=compression_ratio(segment.text),
    )


def _words(document: Document) -> tuple[VerboseWord, ...]:
    return tuple(
        VerboseWord(word.text, word.start, word.end)
        for segment in document.segments
        for word in segment.words
    )
