"""Times of the tokens of a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from edge_runtime.arrays import Milliseconds
from edge_runtime.decoding.generate import VerifyingDecoder
from edge_runtime.model.decoder import ScoredToken
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.stopwatch import Stopwatch


class TokenTimes(Protocol):
    """Times of the tokens of one text."""

    prefill_ms: Milliseconds
    """Duration of the prefill."""
    token_ms: list[Milliseconds]
    """Time of each token since the stopwatch started, the end-of-sequence token included."""


class BatchTimes:
    """Token times of a text that is decoded in a batch."""

    def __init__(self, stopwatch: Stopwatch) -> None:
        """Start after the encoder."""
        self._stopwatch: Final = stopwatch
        self._start: Final = stopwatch.elapsed_ms()
        self.prefill_ms: Milliseconds = 0.0
        self.token_ms: list[Milliseconds] = []

    def record_token(self) -> None:
        """Record the time of a token; the first ends the prefill."""
        self.token_ms.append(self._stopwatch.elapsed_ms())
        if len(self.token_ms) == 1:
            self.prefill_ms = self.token_ms[0] - self._start


class TimedDecoder:
    """A decoder that records the time of each token."""

    def __init__(self, decoder: VerifyingDecoder, stopwatch: Stopwatch) -> None:
        self._decoder: Final = decoder
        self._stopwatch: Final = stopwatch
        self.prefill_ms: Milliseconds = 0.0
        self.token_ms: list[Milliseconds] = []
        self.num_calls = 0
        """Of the decoder behind the prefill."""

    def prefill(self, decoder_input: DecoderInput) -> ScoredToken:
        """Prefill and record the time."""
        return self.time_prefill(lambda: [self._decoder.prefill(decoder_input)])[0]

    def time_prefill(self, run: Callable[[], list[ScoredToken]]) -> list[ScoredToken]:
        """Run what starts the sequence; record its duration, and the time of its tokens."""
        start = self._stopwatch.elapsed_ms()
        scored = run()
        self.token_ms += [self._stopwatch.elapsed_ms()] * len(scored)
        self.prefill_ms = self.token_ms[0] - start
        return scored

    def step(self, token_id: int) -> ScoredToken:
        """Step and record the time."""
        self.num_calls += 1
        scored = self._decoder.step(token_id)
        self.token_ms.append(self._stopwatch.elapsed_ms())
        return scored

    def multi_step(self, token_id: int, max_tokens: int) -> Sequence[ScoredToken]:
        """Run steps and record when the host received their tokens."""
        self.num_calls += 1
        scored = self._decoder.multi_step(token_id, max_tokens)
        self.token_ms.extend([self._stopwatch.elapsed_ms()] * len(scored))
        return scored

    @property
    def max_verified_tokens(self) -> int:
        """Most tokens of one call of `verify`."""
        return self._decoder.max_verified_tokens

    def verify(self, token_ids: Sequence[int]) -> list[ScoredToken]:
        """Verify draft tokens and record the time of all."""
        self.num_calls += 1
        scored = self._decoder.verify(token_ids)
        self.token_ms += [self._stopwatch.elapsed_ms()] * len(scored)
        return scored

    def rewind(self, num_tokens: int) -> None:
        """Remove the last tokens and their times."""
        self._decoder.rewind(num_tokens)
        del self.token_ms[len(self.token_ms) - num_tokens :]
