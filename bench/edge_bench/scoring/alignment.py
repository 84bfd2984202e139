"""Scores of an aligner on a corpus with known times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean

from edge_bench.corpus import UnitSpan
from edge_bench.scoring.aas import shifts_ms
from edge_runtime.alignment.result import Alignment
from edge_runtime.arrays import Milliseconds
from edge_runtime.errors import UsageError
from edge_runtime.text.units import split_units


@dataclass(frozen=True, slots=True)
class ScoredAlignment:
    """The shifts of one recording's times from the true ones.

    Attributes:
        start_shifts: one for the start of each unit.
        end_shifts: one for the end of each unit.
        is_monotonic: no time lies before an earlier one, or outside the recording.
    """

    start_shifts: tuple[Milliseconds, ...]
    end_shifts: tuple[Milliseconds, ...]
    is_monotonic: bool


@dataclass(frozen=True, slots=True)
class AlignScores:
    """A corpus in figures: mean shifts in milliseconds, pooled over all units.

    Attributes:
        aas_ms: over starts and ends, the accumulated averaging shift.
        start_ms: over the starts.
        end_ms: over the ends.
        monotonic: share of the recordings with times in order, in percent.
        num_clips: recordings.
    """

    aas_ms: Milliseconds
    start_ms: Milliseconds
    end_ms: Milliseconds
    monotonic: float
    num_clips: int

    def metrics(self) -> dict[str, float]:
        """Return the figures that a bar can be set for, by name."""
        names = ("aas_ms", "start_ms", "end_ms", "monotonic")
        return {name: getattr(self, name) for name in names}

    def summary(self) -> str:
        """Return the figures as one line."""
        listed = " ".join(f"{name}={value:.2f}" for name, value in self.metrics().items())
        return f"scores: {listed} clips={self.num_clips}"


def compare(alignment: Alignment, text: str, reference: Sequence[UnitSpan]) -> ScoredAlignment:
    """Compare the times of one recording.

    Raises:
        UsageError: the units of the list are not those of its text.
    """
    units = split_units(text, alignment.language)
    spans = [UnitSpan(u.text, w.start, w.end) for u, w in zip(units, alignment.words, strict=True)]
    try:
        shifts = shifts_ms(spans, reference)
    except ValueError as error:
        raise UsageError(f"{text[:40]!r}: {error}") from error
    times = [0.0, *(time for span in spans for time in (span.start, span.end)), alignment.duration_s]
    return ScoredAlignment(
        start_shifts=tuple(shifts[::2]),
        end_shifts=tuple(shifts[1::2]),
        is_monotonic=all(earlier <= later for earlier, later in pairwise(times)),
    )


def score_alignments(results: Sequence[ScoredAlignment]) -> AlignScores:
    """Pool the shifts of a corpus: every unit has the same weight, whatever the length of its recording."""
    starts = [shift for result in results for shift in result.start_shifts]
    ends = [shift for result in results for shift in result.end_shifts]
    return AlignScores(
        aas_ms=mean(starts + ends),
        start_ms=mean(starts),
        end_ms=mean(ends),
        monotonic=100 * mean(result.is_monotonic for result in results),
        num_clips=len(results),
    )


def drift_ms(result: ScoredAlignment, num_edge_units: int) -> Milliseconds:
    """Return the mean shift of the last `num_edge_units` units minus that of the first."""
    shifts = [mean(pair) for pair in zip(result.start_shifts, result.end_shifts, strict=True)]
    return mean(shifts[-num_edge_units:]) - mean(shifts[:num_edge_units])
