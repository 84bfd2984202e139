"""Whether a candidate is inside its gate, whatever kind of bundle it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic

from edge_bench.gate.report import GateReportBase, Limits, ReportHeader


@dataclass(frozen=True, slots=True, kw_only=True)
class GateVerdict(ABC, Generic[Limits]):
    """The verdict on one candidate.

    Attributes:
        limits: the limits of the candidate.
        failures: sentences, one for each limit that is missed.
        inconclusive: sentences, one for each figure that a longer list may put outside its limit.
    """

    limits: Limits
    failures: tuple[str, ...]
    inconclusive: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """No limit is missed."""
        return not self.failures

    @abstractmethod
    def summary(self) -> str:
        """Return the figures as one line."""

    @abstractmethod
    def table(self) -> Iterator[str]:
        """Yield the lines of a report for a person, without the summary."""

    @abstractmethod
    def clip_documents(self) -> Iterator[bytes]:
        """Yield each clip in which the candidate differs, as JSON."""

    @abstractmethod
    def report(self, header: ReportHeader) -> GateReportBase[Limits]:
        """Return the figures that are kept.

        Texts are left out: a bundle has no right to pass them on.

        Args:
            header: the fields that all kinds share.
        """


def certainty(*, is_certain: bool) -> str:
    """Return the end of a sentence on a missed limit.

    Args:
        is_certain: the whole interval of the figure is outside the limit.
    """
    return "outside, certainly" if is_certain else "outside, on this list; a longer one may tell otherwise"


def signed(value: float | None) -> str:
    """Write a difference with its sign: zero is +0.00, never -0.00, and an unknown one a dash."""
    return "–" if value is None else f"{round(value, 2) + 0.0:+.2f}"
