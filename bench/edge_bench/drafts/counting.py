"""Counts the calls of a decoder and the tokens that they take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from edge_runtime.decoding.generate import VerifyingDecoder
from edge_runtime.model.decoder import ScoredToken
from edge_runtime.model.decoder_input import DecoderInput

_STEPS_OF_EIGHT: Final[Mapping[str, float]] = {"int4": 1.66, "int8": 1.75}
"""Precision → steps that a call of eight tokens takes (`bench/results/cpu-variants-2026-11-26.md`)."""


@dataclass(slots=True)
class Calls:
    """Calls behind the prompts.

    Attributes:
        num_calls: how many.
        num_tokens: that they took.
    """

    num_calls: int = 0
    num_tokens: int = 0

    def steps(self, precision: str) -> float:
        """Return how many steps of one token take the same time."""
        slope = (_STEPS_OF_EIGHT.get(precision, _STEPS_OF_EIGHT["int8"]) - 1) / 7
        return self.num_calls + slope * (self.num_tokens - self.num_calls)


class CountingDecoder:
    """A decoder whose calls are counted."""

    def __init__(self, decoder: VerifyingDecoder, calls: Calls) -> None:
        """Take a decoder, and where to count."""
        self._decoder: Final = decoder
        self._calls: Final = calls

    def prefill(self, decoder_input: DecoderInput) -> ScoredToken:
        """Prefill; a prompt is not counted."""
        return self._decoder.prefill(decoder_input)

    def step(self, token_id: int) -> ScoredToken:
        """Count and do a step."""
        self._count(1, 1)
        return self._decoder.step(token_id)

    def multi_step(self, token_id: int, max_tokens: int) -> Sequence[ScoredToken]:
        """Do steps and count them."""
        scored = self._decoder.multi_step(token_id, max_tokens)
        self._count(len(scored), len(scored))
        return scored

    @property
    def max_verified_tokens(self) -> int:
        """Most tokens of one call of `verify`."""
        return self._decoder.max_verified_tokens

    def verify(self, token_ids: Sequence[int]) -> list[ScoredToken]:
        """Count and do a call of several tokens."""
        self._count(1, len(token_ids))
        return self._decoder.verify(token_ids)

    def rewind(self, num_tokens: int) -> None:
        """Remove the last tokens."""
        self._decoder.rewind(num_tokens)

    def _count(self, num_calls: int, num_tokens: int) -> None:
        self._calls.num_calls += num_calls
        self._calls.num_tokens += num_tokens
