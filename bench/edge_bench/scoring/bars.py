"""Bars that a score must clear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from edge_runtime.errors import CheckFailedError, UsageError

_HIGHER_IS_BETTER: Final = frozenset(
    {
        "lid",
        "no_speech",
        "monotonic",
        "loops_stopped",
        "honest_kept",
        "exact",
        "steps_saved",
        "less_pauses",
        "less_continuous",
        "less_continuous_1s",
        "mismatch_found",
    }
)


@dataclass(frozen=True, slots=True)
class Bar:
    """The worst value of a figure that is still accepted."""

    metric: str
    limit: float

    def is_cleared(self, value: float) -> bool:
        """Return whether a figure clears the bar: an upper bound for errors, a lower one for accuracies."""
        return value >= self.limit if self.metric in _HIGHER_IS_BETTER else value <= self.limit


def parse_bars(texts: Sequence[str]) -> tuple[Bar, ...]:
    """Read bars such as `wer_en=3`.

    Raises:
        UsageError: a text is not NAME=VALUE.
    """
    return tuple(_bar(text) for text in texts)


def parse_figures(text: str) -> dict[str, float]:
    """Read figures of another score, such as `loops_stopped=100.0 honest_kept=99.5`.

    Raises:
        UsageError: a word is not NAME=VALUE.
    """
    pairs = (word.partition("=") for word in text.split())
    try:
        return {name: float(value) for name, _, value in pairs}
    except ValueError as error:
        raise UsageError(f"{text.strip()!r}: write NAME=VALUE, as loops_stopped=100.0.") from error


def require_cleared(bars: Sequence[Bar], metrics: Mapping[str, float]) -> None:
    """Refuse scores that miss a bar.

    Args:
        bars: the required values.
        metrics: name → value.

    Raises:
        UsageError: a bar names a figure that the list does not give.
        CheckFailedError: a bar is missed.
    """
    for bar in bars:
        if bar.metric not in metrics:
            raise UsageError(f"No figure {bar.metric!r} in these scores; there are: {', '.join(metrics)}.")
    missed = [bar for bar in bars if not bar.is_cleared(metrics[bar.metric])]
    if missed:
        listed = ", ".join(
            f"{bar.metric} is {metrics[bar.metric]:.2f}, asked {bar.limit:g}" for bar in missed
        )
        raise CheckFailedError(f"Scores miss their bar: {listed}.")


def _bar(text: str) -> Bar:
    metric, _, limit = text.partition("=")
    try:
        return Bar(metric, float(limit))
    except ValueError as error:
        raise UsageError(f"{text!r} is no bar. Write NAME=VALUE, for example wer_en=3.") from error
