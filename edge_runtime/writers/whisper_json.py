"""The JSON of openai-whisper, which its readers and those of whisperX take.

Source: `transcribe` and `WriteJSON` of openai-whisper 20250625. Texts begin with a space where their script
has spaces, as tokens of whisper do; the language is a code; a word has `word`, `probability`. Constants fill
what this model does not provide, as in `verbose_json`; a probability that is not known is 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from edge_runtime.results.document import Document, TimedSegment, has_space
from edge_runtime.results.words import Word
from edge_runtime.text.compression import compression_ratio
from edge_runtime.text.language_aliases import code_of
from edge_runtime.writers.options import WriterOptions
from edge_runtime.writers.verbose_json import VerboseSegment, VerboseWord


@dataclass(frozen=True, slots=True)
class WhisperWord(VerboseWord):
    """A word, with its probability."""

    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WhisperSegment(VerboseSegment):
    """A segment; `words` is left out where their times are unknown."""

    words: tuple[WhisperWord, ...] | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True, slots=True)
class WhisperResult:
    """The whole file."""

    text: str
    segments: tuple[WhisperSegment, ...]
    language: str | None


def render(document: Document, _options: WriterOptions) -> str:
    """Write one line of JSON."""
    segments = tuple(_segment(number, segment) for number, segment in enumerate(document.segments))
    text = _spaced(document.text, "")
    return (
        msgspec.json.encode(WhisperResult(text, segments, code_of(document.language or ""))).decode() + "\n"
    )


def _segment(number: int, segment: TimedSegment) -> WhisperSegment:
    return WhisperSegment(
        id=number,
        start=segment.start,
        end=segment.end,
        text=_spaced(segment.text.strip(), ""),
        avg_logprob=segment.avg_logprob or 0.0,
        compression_ratio=compression_ratio(segment.text),
        words=tuple(_words(segment.words)) or msgspec.UNSET,
    )


def _words(words: Sequence[Word]) -> Iterator[WhisperWord]:
    for at, word in enumerate(words):
        follows_space = words[at - 1].space_after if at else has_space("", word.text)
        text = f" {word.text}" if follows_space else word.text
        yield WhisperWord(text, word.start, word.end, word.confidence or 0.0)


def _spaced(text: str, before: str) -> str:
    return f" {text}" if text and has_space(before, text) else text
