"""How many tokens to propose: as many as are expected to save more than they cost."""

from __future__ import annotations

from typing import Final

from edge_runtime.decoding.backoff import Backoff

_MAX_TOKENS: Final = 7
"""With the token before them, eight tokens a call, which the profiles of engines take."""

_TOKEN_COST: Final = 0.1
"""Of a step, for each token that is proposed, right or wrong. A call of eight tokens takes 1.66 steps at four
bits and 1.75 at eight (`bench/results/cpu-variants-2026-11-26.md`)."""

_MEMORY: Final = 0.9
"""By which what is known of earlier proposals weighs less with each further one."""


class DraftLength:
    """Counts how many proposed tokens of one text were right, and how often one was wrong.

    If a token is right with probability p where those before it are, token k of a proposal saves a step with
    p**k. Where not even the first is worth its cost, proposals are left out for a while (`Backoff`).
    """

    def __init__(self, max_verified: int) -> None:
        """Begin with trust in the draft: the first proposal is of full length, and a few may fail.

        Args:
            max_verified: most tokens of a proposal that the decoder takes.
        """
        self._lengths: Final = range(1, min(_MAX_TOKENS, max_verified) + 1)
        self._num_right, self._num_wrong = 2.0, 0.5
        self._backoff: Final = Backoff()

    def next(self) -> int:
        """Return the most tokens to propose at this step, 0 for none. Call it once a step."""
        if not self._backoff.should_try():
            return 0
        return max(1, sum(self._share_right**length >= _TOKEN_COST for length in self._lengths))

    def record(self, num_accepted: int, num_proposed: int) -> None:
        """Record a proposal."""
        self._num_right = _MEMORY * self._num_right + num_accepted
        self._num_wrong = _MEMORY * self._num_wrong + (num_accepted < num_proposed)
        self._backoff.record(saved=num_accepted > 0 or self._share_right > _TOKEN_COST)

    @property
    def _share_right(self) -> float:
        return self._num_right / (self._num_right + self._num_wrong)
