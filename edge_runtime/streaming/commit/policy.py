"""What decides which tokens are stable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from edge_runtime.arrays import Seconds
from edge_runtime.streaming.commit.local_agreement import LocalAgreementPolicy
from edge_runtime.streaming.commit.official import OfficialPolicy
from edge_runtime.streaming.commit.options import CommitOptions, PolicyName
from edge_runtime.streaming.commit.probability import ProbabilityPolicy
from edge_runtime.streaming.hypothesis import Hypothesis


class CommitPolicy(Protocol):
    """The rule of one segment."""

    def num_stable(self, hypothesis: Hypothesis, agreed: Sequence[int], audio_s: Seconds) -> int:
        """Return how many tokens of a hypothesis, from the first on, will stay.

        Args:
            hypothesis: the newest.
            agreed: of each token, in how many hypotheses in a row all up to it was the same.
            audio_s: of the segment that the hypothesis covers.
        """
        ...


def open_policy(options: CommitOptions) -> CommitPolicy:
    """Return the policy of a new segment."""
    policies: dict[PolicyName, Callable[[CommitOptions], CommitPolicy]] = {
        "probability": ProbabilityPolicy,
        "local_agreement": LocalAgreementPolicy,
        "official": OfficialPolicy,
    }
    return policies[options.policy](options)
