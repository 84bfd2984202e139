"""The figures of the commit policy that suit a bundle, found on streamed clips."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from types import MappingProxyType
from typing import Final

import msgspec

from edge_bench.scoring.stream.scores import StreamScores
from edge_runtime.arrays import Seconds
from edge_runtime.bundle.specs import CommitSpec
from edge_runtime.streaming.commit.options import CommitOptions

_DEFAULTS: Final = CommitOptions()
START: Final = CommitSpec(
    agreement=_DEFAULTS.agreement,
    hold_back=3,
    min_logprob=_DEFAULTS.min_logprob,
    long_agreement=_DEFAULTS.long_agreement,
    shown_min_logprob=_DEFAULTS.shown_min_logprob,
)
"""The defaults of the policy `probability`."""
TRIED: Final[Mapping[str, Sequence[float]]] = MappingProxyType(
    {
        "min_logprob": (-0.005, -0.01, -0.02, -0.1, -0.2),
        "long_agreement": (4, 8),
        "hold_back": (2, 5),
        "shown_min_logprob": (-0.02, -0.05, -0.2, -0.3),
    }
)
"""Values beside the defaults, of one figure after the other."""

MAX_TAKEN_BACK: Final = 0.3
"""Percent of the stable words. Required of clips that nothing was chosen on: 0.5."""
MAX_REWRITE: Final = 0.1
"""Of the characters shown. Required: 0.15."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What figures give.

    Attributes:
        spec: the figures.
        taken_back: percent of the stable words.
        rewrite: characters taken away over characters shown.
        latency_s: mean seconds from a word's end to its being stable.
        first_s: median seconds to the first text that is shown.
    """

    spec: CommitSpec
    taken_back: float
    rewrite: float
    latency_s: Seconds
    first_s: Seconds

    @classmethod
    def of(cls, spec: CommitSpec, scores: StreamScores) -> Trial:
        """Take the scores of clips that were streamed with figures."""
        figures = scores.figures()
        return cls(
            spec,
            figures["taken_back"],
            figures["rewrite"],
            fmean(scores.latencies) if scores.latencies else 0.0,
            figures.get("first_p50_s", 0.0),
        )


def search(run: Callable[[CommitSpec], Trial]) -> Trial:
    """Find figures, one after the other, from the defaults on.

    Stable: the least mean latency of those that take back at most `MAX_TAKEN_BACK`; where none does, the
    least taken back. Shown: the earliest first text, and the most, that is rewritten at most `MAX_REWRITE`.

    Args:
        run: streams clips with figures.
    """
    best = run(START)
    for name, values in TRIED.items():
        rank = _shown_rank if name == "shown_min_logprob" else _stable_rank
        others = [run(msgspec.structs.replace(best.spec, **{name: value})) for value in values]
        best = min([best, *others], key=rank)
    return best


def _stable_rank(trial: Trial) -> tuple[float, ...]:
    return max(0.0, trial.taken_back - MAX_TAKEN_BACK), trial.latency_s


def _shown_rank(trial: Trial) -> tuple[float, ...]:
    return max(0.0, trial.rewrite - MAX_REWRITE), trial.first_s, trial.spec.shown_min_logprob
