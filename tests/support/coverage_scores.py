"""Hold what `coverage json` wrote to the bars: `python -m tests.support.coverage_scores REPORT`."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BARS = {"lines": 95.0, "branches": 90.0, "lowest": 85.0}
"""Percent: of all lines, of all branches, and of the least covered module's lines and branches together."""


@dataclass(frozen=True)
class CoverageScores:
    """Percents that tests reach, and the module that they reach least of."""

    lines: float
    branches: float
    lowest: float
    module: str

    def __str__(self) -> str:
        figures = f"lines={self.lines:.2f} branches={self.branches:.2f} lowest={self.lowest:.2f}"
        return f"scores: {figures} module={self.module}"

    @property
    def failures(self) -> tuple[str, ...]:
        """Return the names of the figures that are under their bars."""
        return tuple(name for name, bar in BARS.items() if getattr(self, name) < bar)


def read_scores(report: Path) -> CoverageScores:
    """Read a report in coverage's JSON format; it must have been measured with branches."""
    data: dict[str, Any] = json.loads(report.read_text("utf-8"))
    totals = data["totals"]
    percents = {path: file["summary"]["percent_covered"] for path, file in data["files"].items()}
    module = min(percents, key=percents.__getitem__)
    return CoverageScores(
        lines=100 * totals["covered_lines"] / totals["num_statements"],
        branches=100 * totals["covered_branches"] / totals["num_branches"],
        lowest=percents[module],
        module=module,
    )


def main(report: str) -> None:
    """Print the scores, and exit with 1 where one is under its bar."""
    scores = read_scores(Path(report))
    for name in scores.failures:
        print(f"{name} must be at least {BARS[name]:g}", file=sys.stderr)  # noqa: T201
    print(scores)  # noqa: T201
    sys.exit(bool(scores.failures))


if __name__ == "__main__":
    main(*sys.argv[1:])
