"""A report of live text for a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from edge_bench.speed.stream.report import DEFINITIONS, Quantiles, StreamReport

_ROWS: Final = (
    ("final_s", "speech end to final s"),
    ("final_work_s", "  without silence s"),
    ("passes_s", "  in passes s"),
    ("offline_s", "decoded at once s"),
    ("final_share", "without silence / that"),
    ("passes_share", "in passes / that"),
    ("step_s", "step s"),
    ("first_text_s", "first text s"),
    ("lag_s", "lag of partials s"),
)
"""Figure and its name for people."""


def table(report: StreamReport) -> str:
    """Return aligned lines, with the definitions behind them."""
    return "\n".join((*_head(report), "", *_figures(report), "", *_foot(report), "", *_definitions()))


def _head(report: StreamReport) -> Iterator[str]:
    engine, asked = report.engine, report.asked
    hop = "chosen by the stream" if asked.hop_sec is None else f"{asked.hop_sec:g} s"
    texts = f", texts of {asked.texts_of}" if asked.texts_of else ""
    yield f"bundle       {engine.name}  ({engine.backend}, {engine.precision}{texts})"
    yield f"stream       {report.audio_s:.1f} s in packets of {1000 * asked.packet_s:.0f} ms, hop {hop}"
    yield from (f"machine      {line}" for line in report.environment.lines())


def _figures(report: StreamReport) -> Iterator[str]:
    yield f"{'':24}{'mean':>9}{'p50':>9}{'p95':>9}{'max':>9}{'of':>6}"
    for name, label in _ROWS:
        yield f"{label:24}{_cells(getattr(report.figures, name))}"


def _cells(quantiles: Quantiles | None) -> str:
    if quantiles is None:
        return "-".rjust(9)
    values = (quantiles.mean, quantiles.p50, quantiles.p95, quantiles.max)
    return "".join(f"{value:9.3f}" for value in values) + f"{quantiles.count:6}"


def _foot(report: StreamReport) -> Iterator[str]:
    figures, stats = report.figures, report.stats
    sizes = (report.peak_bytes, report.loaded_bytes)
    peak, loaded = ("-" if size is None else f"{size / 1e6:.0f}" for size in sizes)
    yield f"rtf          {figures.rtf:.3f}  (busy {figures.busy:.3f} of the time)"
    yield f"late steps   {100 * figures.late_steps:.1f} %  ({stats.merged_steps} beside {stats.steps})"
    yield f"segments     {stats.segments}  ({stats.segment_s:.1f} s), partials {stats.partials}"
    yield f"memory MB    peak {peak}, after loading {loaded}"
    yield f"client       latest packet {1000 * report.client_late_s:.0f} ms late"


def _definitions() -> Iterator[str]:
    yield from (f"{name}: {meaning}" for name, meaning in DEFINITIONS.items())
