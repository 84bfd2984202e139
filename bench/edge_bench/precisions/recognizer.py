"""Error rates of a recognizer in every precision."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_bench.gate.asr.limits import limits_for
from edge_bench.precisions.build import BUILDS, REFERENCE, ScoredBuild
from edge_bench.precisions.tool import Tool

_METRIC: Final = re.compile(r"(\w+)=([\d.]+)")


@dataclass(frozen=True, slots=True)
class Scored:
    """Figures of one build, by the names that `edge-asr eval` prints."""

    build: ScoredBuild
    metrics: Mapping[str, float]

    def points_above(self, reference: Scored) -> float:
        """Return the largest rise of a language's error rate, in points."""
        rates = [name for name in self.metrics if name.startswith(("wer_", "cer_"))]
        return max(self.metrics[name] - reference.metrics[name] for name in rates)


def score_recognizer(tool: Tool, corpus: Path, on_line: Callable[[str], None]) -> list[Scored]:
    """Score every build of a checkpoint, the reference first."""
    results = []
    for build in (REFERENCE, *BUILDS):
        printed = tool.command("eval", corpus, "--model", tool.build(build), "--quiet")
        summary = printed.splitlines()[-1]
        on_line(f"{build.name}: {summary}")
        results.append(Scored(build, read_summary(summary)))
    return results


def read_summary(line: str) -> dict[str, float]:
    """Return the figures of a summary line."""
    return {name: float(value) for name, value in _METRIC.findall(line)}


def recognizer_lines(scored: list[Scored]) -> Iterator[str]:
    """Yield a Markdown table."""
    reference, names = scored[0], [name for name in scored[0].metrics if name != "clips"]
    yield f"| precision | {' | '.join(names)} | points | allowed |"
    yield f"|---|{'---:|' * (len(names) + 2)}"
    for each in scored:
        cells = [f"{each.metrics[name]:.2f}" for name in names]
        verdict = ["", ""]
        if each is not reference:
            allowed = limits_for(each.build.precision).points
            points = round(each.points_above(reference), 2)
            verdict = [f"{points:+.2f}{'' if points <= allowed else ' **missed**'}", f"{allowed:g}"]
        yield f"| {' | '.join([each.build.name, *cells, *verdict])} |"
