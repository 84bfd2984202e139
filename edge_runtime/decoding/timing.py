"""When each token of a text came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from edge_runtime.arrays import Milliseconds
from edge_runtime.decoding.generate import VerifyingDecoder
from edge_runtime.model.decoder import ScoredToken
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.stopwatch import Stopwatch


class TokenTimes(Protocol):
    """When the tokens of one text came."""

    prefill_ms: Milliseconds
    """How long the prompt took."""
    token_ms: list[Milliseconds]
    """Time of each token since the stopwatch was made, the end-of-sequence token included."""


class BatchTimes:
    """The times of a text that is decoded among others."""

    def __init__(self, stopwatch: Stopwatch) -> None:
        """Begin when the encoder is done."""
        self._stopwatch: Final = stopwatch
        self._start: Final = stopwatch.elapsed_ms()
        self.prefill_ms: Milliseconds = 0.0
        self.token_ms: list[Milliseconds] = []

    def record_token(self) -> None:
        """Note a token; the first ends the prefill."""
        self.token_ms.append(self._stopwatch.elapsed_ms())
        if len(self.token_ms) == 1:
            self.prefill_ms = self.token_ms[0] - self._start


class TimedDecoder:
    """A decoder that notes when each token came."""

    def __init__(self, decoder: VerifyingDecoder, stopwatch: Stopwatch) -> None:
        self._decoder: Final = decoder
        self._stopwatch: Final = stopwatch
        self.prefill_ms: Milliseconds = 0.0
        self.token_ms: list[Milliseconds] = []

    def prefill(self, decoder_input: DecoderInput) -> ScoredToken:
        """Prefill and note the time."""
        start = self._stopwatch.elapsed_ms()
        scored = self._decoder.prefill(decoder_input)
        self.token_ms.append(self._stopwatch.elapsed_ms())
        self.prefill_ms = self.token_ms[0] - start
        return scored

    def step(self, token_id: int) -> ScoredToken:
        """Step and note the time."""
        scored = self._decoder.step(token_id)
        self.token_ms.append(self._stopwatch.elapsed_ms())
        return scored

    def multi_step(self, token_id: int, max_tokens: int) -> Sequence[ScoredToken]:
        """Step and note the time at which the host got the tokens."""
        scored = self._decoder.multi_step(token_id, max_tokens)
        self.token_ms.extend([self._stopwatch.elapsed_ms()] * len(scored))
        return scored

    @property
    def can_verify(self) -> bool:
        """Whether `check` takes more than one token."""
        return self._decoder.can_verify

    def verify(self, token_ids: Sequence[int]) -> list[ScoredToken]:
        """Check guesses and note the time of all."""
        scored = self._decoder.verify(token_ids)
        self.token_ms += [self._stopwatch.elapsed_ms()] * len(scored)
        return scored

    def rewind(self, num_tokens: int) -> None:
        """Take tokens back, and their times."""
        self._decoder.rewind(num_tokens)
        del self.token_ms[len(self.token_ms) - num_tokens :]
