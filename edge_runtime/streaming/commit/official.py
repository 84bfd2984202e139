"""The policy `official`: every chunk all but the last tokens, as qwen-asr's streaming fixes its prefix.

There the prefix is forced on the next chunk and nothing is checked. Here nothing is forced: where a later
hypothesis contradicts the stable text, it gets no longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.streaming.commit.options import CommitOptions
from edge_runtime.streaming.hypothesis import Hypothesis

_TOLERANCE_S: Final = 1e-6


class OfficialPolicy:
    """Stable: at each chunk behind the first ones, all but the last tokens."""

    def __init__(self, options: CommitOptions) -> None:
        """Take the figures."""
        self._options: Final = options
        self._num_chunks = 0

    def num_stable(self, hypothesis: Hypothesis, agreed: Sequence[int], audio_s: Seconds) -> int:
        """Return how many tokens from the first on are stable; see `CommitPolicy`."""
        del agreed
        chunks = int((audio_s + _TOLERANCE_S) / self._options.chunk_sec) if self._options.chunk_sec else 0
        if self._options.chunk_sec and chunks <= self._num_chunks:
            return 0
        self._num_chunks = chunks or self._num_chunks + 1
        if self._num_chunks <= self._options.unfixed_chunks:
            return 0
        return max(0, len(hypothesis.token_ids) - self._options.rollback_tokens)
