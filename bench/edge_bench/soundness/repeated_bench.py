"""The same measurement several times, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import msgspec

from edge_bench.speed.report import Report
from edge_bench.speed.statistics.steadiness import LIMIT
from edge_runtime.errors import CheckFailedError

Arguments = Sequence[str | Path]

_COMMAND: Final = (sys.executable, "-m", "edge_runtime", "bench", "--json", "--quiet")


@dataclass(frozen=True, slots=True)
class RepeatedBench:
    """The reports of several runs of one command."""

    reports: tuple[Report, ...]

    @property
    def overhead(self) -> float:
        """Largest share of a step that measuring took, in percent."""
        shares = [report.overhead.percent_of_step for report in self.reports]
        return max(share for share in shares if share is not None)

    @property
    def num_unstable(self) -> int:
        """Runs that are off the others by more than the limit, and do not say that they are unstable."""
        medians = [_median_ms(report) for report in self.reports]
        usual = median(medians)
        return sum(
            abs(one / usual - 1) > LIMIT and report.steadiness.is_stable is True
            for one, report in zip(medians, self.reports, strict=True)
        )

    @property
    def projection_error(self) -> float:
        """Median of how far the projected step is off the measured one, in percent."""
        steps = [report.roofline.step for report in self.reports if report.roofline is not None]
        return 100 * median(step.error for step in steps if step is not None)


def repeat_bench(count: int, arguments: Arguments) -> RepeatedBench:
    """Run `edge-asr bench` so many times.

    Raises:
        CheckFailedError: a run failed; the message ends with what it said.
    """
    return RepeatedBench(tuple(_report(arguments) for _ in range(count)))


def _report(arguments: Arguments) -> Report:
    done = subprocess.run(  # noqa: S603  # this program
        [*_COMMAND, *map(str, arguments)], capture_output=True, check=False
    )
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise CheckFailedError(f"edge-asr bench ended with {done.returncode}: {said}")
    return msgspec.json.decode(done.stdout, type=Report)


def _median_ms(report: Report) -> float:
    assert report.figures.latency_ms is not None, "there is a query at least"
    return report.figures.latency_ms.p50.value
