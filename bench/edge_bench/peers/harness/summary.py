"""Medians of measured times, and ratios of programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from statistics import median
from typing import Any, Final

from edge_bench.peers.peer import StageTimes

COMPARED: Final = ("frontend_ms", "encoder_ms", "prefill_ms", "step_ms", "total_ms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One program on one recording: medians over its runs, in milliseconds and bytes.

    Attributes:
        name: of the program or bundle.
        num_runs: number of runs.
        total_ms: front end, encoder, prefill and all further tokens; None for a decoder alone.
    """

    name: str
    num_runs: int
    frontend_ms: float | None
    encoder_ms: float | None
    prefill_ms: float
    step_ms: float
    total_ms: float | None
    peak_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A peer's time / ours: above 1 we are faster; None where either has no such stage."""

    ours: str
    peer: str
    frontend: float | None
    encoder: float | None
    prefill: float | None
    step: float | None
    total: float | None


def summarize(name: str, runs: Sequence[StageTimes], num_tokens: int) -> Row:
    """Return the median of each stage over the runs, at least one, of one program on one recording."""
    medians = {
        field.name: _median([getattr(run, field.name) for run in runs]) for field in fields(StageTimes)
    }
    times = StageTimes(**medians)
    return Row(name=name, num_runs=len(runs), **asdict(times), total_ms=times.total_ms(num_tokens))


def compare(ours: Row, peer: Row) -> Ratio:
    """Divide a peer's times by ours."""
    parts = {name.removesuffix("_ms"): _ratio(getattr(peer, name), getattr(ours, name)) for name in COMPARED}
    return Ratio(ours=ours.name, peer=peer.name, **parts)


def _median(values: list[Any]) -> Any:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _ratio(theirs: float | None, own: float | None) -> float | None:
    return theirs / own if theirs is not None and own else None
