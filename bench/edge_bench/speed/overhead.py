"""What measuring itself costs, as a share of a decode step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from edge_runtime.arrays import Milliseconds
from edge_runtime.decoding.timing import TimedDecoder
from edge_runtime.model.decoder import ScoredToken
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.stopwatch import Stopwatch

_STEPS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Overhead:
    """Time that the measurement adds.

    Attributes:
        stamp_us: of the time of one token: reading the clock, and keeping it.
        sampler_share: processor time of the thread that reads memory, clocks and power, over the time in
            which it ran; 0.01 is a hundredth of one core.
        percent_of_step: both, of the median step; None where no step was measured.
    """

    stamp_us: float
    sampler_share: float
    percent_of_step: float | None

    @classmethod
    def of(cls, stamp_us: float, sampler_share: float, step_ms: Milliseconds | None) -> Overhead:
        """Relate the costs to a step."""
        percent = None if step_ms is None else 100 * (stamp_us / 1e3 / step_ms + sampler_share)
        return cls(stamp_us, sampler_share, percent)


def measure_stamp_us() -> float:
    """Return how much longer a timed step takes, in microseconds, with a decoder that does nothing."""
    bare = _Nothing()
    timed = TimedDecoder(bare, Stopwatch())
    return max(0.0, 1e6 * (_seconds(timed) - _seconds(bare)) / _STEPS)


def _seconds(decoder: TimedDecoder | _Nothing) -> float:
    start = perf_counter()
    for _ in range(_STEPS):
        decoder.step(0)
    return perf_counter() - start


class _Nothing:
    """A decoder without a graph."""

    max_verified_tokens: Final = 1
    _TOKEN: Final = ScoredToken(0, 0.0, 0.0)

    def prefill(self, decoder_input: DecoderInput) -> ScoredToken:
        """Return the one token that there is."""
        del decoder_input
        return self._TOKEN

    def step(self, token_id: int) -> ScoredToken:
        """Return it again."""
        del token_id
        return self._TOKEN

    def multi_step(self, token_id: int, max_tokens: int) -> Sequence[ScoredToken]:
        """Return it again."""
        del token_id, max_tokens
        return [self._TOKEN]

    def verify(self, token_ids: Sequence[int]) -> list[ScoredToken]:
        """Return it for each."""
        return [self._TOKEN] * len(token_ids)

    def rewind(self, num_tokens: int) -> None:
        """Do nothing."""
        del num_tokens
