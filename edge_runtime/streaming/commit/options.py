"""When a token is stable, and what is shown of those that are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import msgspec

from edge_runtime.arrays import Seconds
from edge_runtime.bundle.manifest import Manifest
from edge_runtime.errors import UsageError

PolicyName = Literal["probability", "local_agreement", "official"]
"""See the modules of those names."""

Shown = Literal["likely", "agreed", "raw"]
"""What is shown as draft: the tokens before the first of low probability; those that the last two hypotheses
have in common; all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitOptions:
    """Figures of the commit policies.

    The defaults were chosen on the mini's speech; another model is calibrated otherwise, and its bundle may
    state its own (`commit_options`).

    Attributes:
        policy: which tokens are stable.
        agreement: so many hypotheses in a row must have a token in common (`probability`,
            `local_agreement`: the n of LocalAgreement-n).
        hold_back: tokens at the end of a hypothesis that are not stable yet; None takes 3 for
            `probability` and none for `local_agreement`.
        min_logprob: least natural log-probability of a stable token (`probability`).
        long_agreement: so many hypotheses in a row make a doubtful token stable too (`probability`).
        chunk_sec: hypotheses count every so many seconds (`official`).
        unfixed_chunks: so many of them at the start make nothing stable (`official`).
        rollback_tokens: at the end of a hypothesis are not stable (`official`).
        shown: what is shown as draft.
        shown_min_logprob: least log-probability of a token that is shown (`likely`).

    Raises:
        UsageError: an unknown name, or a figure that means nothing.
    """

    policy: PolicyName = "probability"
    agreement: int = 2
    hold_back: int | None = None
    min_logprob: float = -0.05
    long_agreement: int = 6
    chunk_sec: Seconds = 2.0
    unfixed_chunks: int = 4
    rollback_tokens: int = 5
    shown: Shown = "likely"
    shown_min_logprob: float = -0.1

    def __post_init__(self) -> None:
        for value, known in ((self.policy, get_args(PolicyName)), (self.shown, get_args(Shown))):
            if value not in known:
                raise UsageError(f"{value!r} was asked for; there are {', '.join(known)}.")
        if min(self.agreement, self.long_agreement) < 1:
            raise UsageError(
                f"agreement is {self.agreement} and long_agreement {self.long_agreement}; "
                f"a token is in at least 1 hypothesis."
            )
        if min(self.hold_back or 0, self.unfixed_chunks, self.rollback_tokens, self.chunk_sec) < 0:
            raise UsageError(
                "hold_back, unfixed_chunks, rollback_tokens and chunk_sec are counts and seconds from 0 on."
            )
        if max(self.min_logprob, self.shown_min_logprob) > 0:
            raise UsageError(
                f"min_logprob is {self.min_logprob:g} and shown_min_logprob {self.shown_min_logprob:g}; "
                f"a log-probability is at most 0."
            )


def commit_options(manifest: Manifest) -> CommitOptions:
    """Return the figures of the policy `probability` that a bundle states, else the defaults."""
    return CommitOptions(**msgspec.structs.asdict(manifest.commit)) if manifest.commit else CommitOptions()
