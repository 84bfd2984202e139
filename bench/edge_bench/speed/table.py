"""A report for a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from edge_bench.speed.batch import Batch
from edge_bench.speed.figures import Spread
from edge_bench.speed.report import Report
from edge_runtime.arrays import Seconds

_ROWS: Final = (
    ("rtf", "RTF", 4),
    ("ttft_ms", "TTFT ms", 1),
    ("decode_ms", "audio decode ms", 1),
    ("frontend_ms", "frontend ms", 1),
    ("encoder_ms", "encoder ms", 1),
    ("prefill_ms", "prefill ms", 1),
    ("generate_ms", "generate ms", 1),
    ("total_ms", "total ms", 1),
    ("step_ms", "step ms per token", 2),
    ("decode_tok_s", "tok/s", 1),
)
"""Figure, its name for people, decimals."""

_NONE: Final = "-"


def table(report: Report) -> str:
    """Return aligned lines."""
    return "\n".join((*_head(report), "", *_figures(report), "", *_foot(report)))


def _head(report: Report) -> Iterator[str]:
    engine, bench_options, audio = report.engine, report.asked, report.audio
    threads = bench_options.threads or "one on each fast core"
    size = f"{report.bundle_bytes / 1e6:.1f} MB"
    yield f"bundle       {engine.name}  ({engine.backend}, {engine.precision}, {size})"
    yield f"audio        {audio.path or 'synthetic'}  ({audio.duration_s:.1f} s)"
    yield f"runs         {bench_options.repeats} after {bench_options.warm_up} to warm up, threads: {threads}"
    yield from (f"machine      {line}" for line in report.environment.lines())


def _figures(report: Report) -> Iterator[str]:
    yield f"{'':18}{'min':>12}{'median':>12}{'max':>12}"
    for name, label, decimals in _ROWS:
        yield f"{label:18}{_cells(getattr(report.figures, name), decimals)}"


def _cells(spread: Spread | None, decimals: int) -> str:
    if spread is None:
        return _NONE.rjust(12) * 3
    return "".join(f"{value:12.{decimals}f}" for value in (spread.min, spread.median, spread.max))


def _foot(report: Report) -> Iterator[str]:
    load, memory = report.load, report.memory
    counts = sorted({run.num_tokens for run in report.runs})
    yield f"tokens       {' or '.join(map(str, counts))} a run ({report.runs[-1].status})"
    total = load.verify_ms + load.graphs_ms
    yield f"load ms      {total:.0f}  (verify {load.verify_ms:.0f}, graphs {load.graphs_ms:.0f})"
    sizes = (memory.peak_bytes, memory.current_bytes, memory.loaded_bytes)
    peak, current, loaded = (_NONE if size is None else f"{size / 1e6:.0f}" for size in sizes)
    yield f"memory MB    peak {peak}, now {current}, after loading {loaded}"
    if report.batch is not None:
        yield _batch_line(report.batch, report.audio.duration_s)


def _batch_line(batch: Batch, duration_s: Seconds) -> str:
    single_ms, batch_ms = batch.alone_ms.median, batch.together_ms.median
    rate = batch.num_recordings * duration_s / (batch_ms / 1e3)
    what = "recordings" if batch.num_recordings > 1 else "segments"
    same = "the same tokens" if not batch.num_different else f"other tokens in {batch.num_different}"
    return (
        f"together     {batch.size} {what} at once {batch_ms:.0f} ms, one after the other {single_ms:.0f} "
        f"ms: {batch.gain.median:.2f} times the throughput ({rate:.1f} s of audio a second), {same}"
    )
