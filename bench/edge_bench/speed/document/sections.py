"""What every form of a report says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from edge_bench.speed.report import Report
from edge_bench.speed.scenarios.warm_up import RULE
from edge_bench.speed.statistics.distribution import CONFIDENCE
from edge_bench.speed.table import NONE, cells, foot, head, interval, rows

Fact = tuple[str, str]

DEFINITIONS: Final = (
    ("latency", "from the arrival of a query to its transcript on the host; waiting is part of it."),
    ("RTF", "time spent / length of the audio. RTFx is its inverse. Both are sums over sums."),
    ("TTFT", "from the decoded audio to the first token of the text."),
    ("tok/s", "tokens a second after the first, the prompt excluded."),
    ("percentiles", f"{100 * CONFIDENCE:.0f} % intervals: order statistics; for RTF, a bootstrap."),
    ("warm-up", f"{RULE}; discarded."),
    ("unstable", "medians of consecutive blocks of runs differ by more than 5 %."),
    ("overhead", "what measuring adds, as a share of the median decode step."),
    ("roofline", "the decoder's bytes and operations, against what this machine was measured to do."),
)  # fmt: skip
"""Name and meaning of each term."""


def facts(report: Report) -> Iterator[Fact]:
    """Yield name and value of everything beside the figures."""
    name = ""
    for line in (*head(report), *foot(report)):
        is_same = line[:13].strip() == name
        name = line[:13].strip() or name
        yield ("" if is_same else line[:13].strip(), line[13:].strip())
    yield ("versions", f"edge-asr {report.runtime_version}, bundle {report.engine.manifest_sha256[:12]}")
    for index, (what, why) in enumerate(report.machine.absent.items()):
        yield ("" if index else "absent", f"{what.replace('_', ' ')}: {why}")


def figure_rows(report: Report) -> Iterator[tuple[str, ...]]:
    """Yield a row for each figure: its name, its columns, and the median with its interval."""
    for label, values, decimals in rows(report):
        median = NONE if values is None else interval(values.p50, decimals)
        yield (label, *cells(values, decimals), median)
