"""The plots of a report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from edge_bench.plots.bars import bars
from edge_bench.plots.histogram import histogram
from edge_bench.plots.points import curve, scatter
from edge_bench.plots.roofline import roofline
from edge_bench.plots.svg import Markup
from edge_bench.roofline.position import RooflinePosition
from edge_bench.speed.report import Report

_STAGES = (
    ("decode_ms", "audio decode"),
    ("frontend_ms", "frontend"),
    ("encoder_ms", "encoder"),
    ("prefill_ms", "prefill"),
    ("generate_ms", "generate"),
    ("align_ms", "align"),
)
_MB = 1e6


class Figure(NamedTuple):
    """A plot with its heading and what it shows; without a plot, why there is none."""

    heading: str
    caption: str
    svg: Markup | None


def figures(report: Report) -> Iterator[Figure]:
    """Yield the plots of a page, in order."""
    yield _latency(report)
    yield _stages(report)
    yield _lengths(report)
    yield _roofline(report.roofline)
    yield _memory(report)


def _latency(report: Report) -> Figure:
    values = [query.latency_ms for query in report.queries]
    spread = report.figures.latency_ms
    marks = {} if spread is None else {name: getattr(spread, name).value for name in ("p50", "p90", "p99")}
    svg = histogram("Histogram of the latencies of the queries", "latency, ms", values, marks)
    return Figure("Latency", f"{len(values)} queries, with p50, p90 and p99.", svg)


def _stages(report: Report) -> Figure:
    means = [(label, getattr(report.figures, name)) for name, label in _STAGES]
    known = [(label, values.mean) for label, values in means if values is not None]
    total = sum(mean for _, mean in known) or 1.0
    rows = [(label, mean, f"{mean:.3g} ms · {100 * mean / total:.0f} %") for label, mean in known]
    return Figure("Stages", "Mean time of a query in each stage.", bars("Mean time of each stage", rows))


def _lengths(report: Report) -> Figure:
    points = [(query.audio_s, query.run.rtf) for query in report.queries]
    svg = scatter("RTF of each query against the length of its audio", "audio, s", "RTF", points)
    return Figure("RTF against length", "One dot for each query; lower is faster.", svg)


def _roofline(position: RooflinePosition | None) -> Figure:
    if position is None:
        return Figure(
            "Roofline", "Not measured: --roofline measures it, for bundles that run on a CPU.", None
        )
    stages = {"step": position.step, "prefill": position.prefill}
    points = {name: (stage.intensity, stage.gops) for name, stage in stages.items() if stage is not None}
    svg = roofline("Roofline of this machine", position.bandwidth_gb_s, position.peak_gops, points)
    projected = ", ".join(
        f"{name} {stage.projected_ms:.3g} ms projected, {stage.measured_ms:.3g} measured"
        for name, stage in stages.items()
        if stage is not None
    )
    caption = (
        f"{position.bandwidth_gb_s:.1f} GB/s and {position.peak_gops:.0f} Gop/s measured here; {projected}."
    )
    return Figure("Roofline", caption, svg)


def _memory(report: Report) -> Figure:
    points = [(sample.time_s, sample.rss_bytes / _MB) for sample in report.memory.samples]
    if len(points) < 2:  # noqa: PLR2004
        return Figure("Memory", "Resident memory is not readable here.", None)
    svg = curve("Resident memory while queries ran", "time, s", "resident, MB", points)
    return Figure("Memory", "Resident memory of the process while queries ran, mapped weights included.", svg)
