"""The policy `probability`: what two hypotheses agree on and the model is sure of, or what stood for long.

A model that finishes sentences from half of them makes two hypotheses agree on an invention; the probability
of its tokens tells. It alone would let one doubtful token block all behind it, so what many hypotheses agree
on passes too.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.streaming.commit.options import CommitOptions
from edge_runtime.streaming.hypothesis import Hypothesis

_HOLD_BACK: Final = 3
"""Fewer only harm punctuation."""


class ProbabilityPolicy:
    """Stable: agreed, likely and not among the last tokens; or agreed for long and not among the last."""

    def __init__(self, options: CommitOptions) -> None:
        """Take the figures."""
        self._options: Final = options
        self._hold_back: Final = _HOLD_BACK if options.hold_back is None else options.hold_back

    def num_stable(self, hypothesis: Hypothesis, agreed: Sequence[int], audio_s: Seconds) -> int:
        """Return how many tokens from the first on are stable; see `CommitPolicy`."""
        del audio_s
        likely = sum(
            1 for _ in takewhile(lambda each: each >= self._options.min_logprob, hypothesis.logprobs)
        )
        both = min(likely, _num_agreed(agreed, self._options.agreement))
        long = _num_agreed(agreed, self._options.long_agreement)
        return max(0, min(max(both, long), len(agreed) - self._hold_back))


def _num_agreed(agreed: Sequence[int], count: int) -> int:
    return sum(each >= count for each in agreed)
