"""What to measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge_bench.speed.scenarios.scenario import ScenarioName

REPEATS: Final = 10
MIN_DURATION_S: Final = 5.0
"""Of measured passes: a machine that is disturbed for a second is to show it in some blocks alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchOptions:
    """What to measure.

    Attributes:
        scenario: how queries come.
        warm_up: passes over the recordings before the measured ones; None for as many as it takes.
        repeats: measured passes, in scenario server queries for each recording; None for `REPEATS`, and for
            `MIN_DURATION_S` of passes at least.
        rate: queries a second, of scenario server.
        seed: of their arrivals.
        device: auto, cpu, cuda or cuda:1.
        threads: CPU threads; 0 for one on each fast core.
        max_new_tokens: token budget; None for one proportional to the audio.
        language: name or code to force, or "auto".
        batch_size: most recordings to decode together; in scenario single-stream, recordings of a batch to
            compare with single ones, or segments of a long recording with the same one by one; 1 measures no
            batch there.
        aligner: name of the bundle that times the words of every transcript; None for none.
        roofline: whether to measure what memory and products of this machine can do.
    """

    scenario: ScenarioName = "single-stream"
    warm_up: int | None = None
    repeats: int | None = None
    rate: float = 1.0
    seed: int = 0
    device: str = "auto"
    threads: int = 0
    max_new_tokens: int | None = None
    language: str = "auto"
    batch_size: int = 1
    aligner: str | None = None
    roofline: bool = False
