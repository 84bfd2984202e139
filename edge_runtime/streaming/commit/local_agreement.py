"""The policy `local_agreement`: LocalAgreement-n, what n hypotheses in a row have in common.

Liu, Spanakis and Niehues, 2020; whisper_streaming has it with n = 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.streaming.commit.options import CommitOptions
from edge_runtime.streaming.hypothesis import Hypothesis


class LocalAgreementPolicy:
    """Stable: in n hypotheses in a row, and not among the last tokens."""

    def __init__(self, options: CommitOptions) -> None:
        """Take the figures."""
        self._agreement: Final = options.agreement
        self._hold_back: Final = options.hold_back or 0

    def num_stable(self, hypothesis: Hypothesis, agreed: Sequence[int], audio_s: Seconds) -> int:
        """Return how many tokens from the first on are stable; see `CommitPolicy`."""
        del hypothesis, audio_s
        common = sum(each >= self._agreement for each in agreed)
        return max(0, min(common, len(agreed) - self._hold_back))
