"""The tokens of a text, for callers who want to know how sure the model was of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from edge_runtime.results.transcript import Segment, Transcript


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a text.

    Attributes:
        text: its bytes; a character may have several tokens.
        logprob: its natural log-probability.
    """

    text: bytes
    logprob: float


@dataclass(frozen=True, slots=True)
class TokenSegment(Segment):
    """A segment with its tokens; one has them where `TranscribeOptions.keep_tokens` asks for them.

    Attributes:
        tokens: of its text, in order.
    """

    tokens: tuple[Token, ...] = ()


def with_tokens(segment: Segment, tokens: tuple[Token, ...]) -> TokenSegment:
    """Return a segment with its tokens."""
    own = {one.name: getattr(segment, one.name) for one in fields(Segment) if one.init}
    return TokenSegment(**own, tokens=tokens)


def tokens_of(transcript: Transcript) -> Iterator[Token]:
    """Yield the tokens of all segments that have some."""
    for segment in transcript.segments:
        if isinstance(segment, TokenSegment):
            yield from segment.tokens
