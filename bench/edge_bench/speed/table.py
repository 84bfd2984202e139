"""A report for a person, on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from edge_bench.speed.batch import Batch
from edge_bench.speed.machine.state import NOT_READABLE
from edge_bench.speed.report import Machine, Report
from edge_bench.speed.scenarios.warm_up import WarmUp
from edge_bench.speed.statistics.distribution import Distribution, Percentile
from edge_bench.speed.statistics.rate import Rate
from edge_runtime.arrays import Seconds

ROWS: Final = (
    ("latency_ms", "latency ms", 1),
    ("wait_ms", "of it waiting ms", 1),
    ("rtf", "RTF", 4),
    ("ttft_ms", "TTFT ms", 1),
    ("decode_ms", "audio decode ms", 1),
    ("frontend_ms", "frontend ms", 1),
    ("encoder_ms", "encoder ms", 1),
    ("prefill_ms", "prefill ms", 1),
    ("generate_ms", "generate ms", 1),
    ("align_ms", "align ms", 1),
    ("total_ms", "total ms", 1),
    ("step_ms", "step ms per token", 2),
    ("decode_tok_s", "tok/s", 1),
)
"""Figure, its name for people, decimals."""

COLUMNS: Final = ("min", "p50", "p90", "p95", "p99", "max")
OPTIONAL: Final = ("wait_ms", "align_ms")
"""Figures that only some measurements have."""
NONE: Final = "-"


def table(report: Report) -> str:
    """Return aligned lines."""
    return "\n".join((*head(report), "", *_figures(report), "", *foot(report)))


def head(report: Report) -> Iterator[str]:
    """Yield what was measured, on what machine."""
    engine, asked = report.engine, report.asked
    threads = asked.threads or "one on each fast core"
    size = f"{report.bundle_bytes / 1e6:.1f} MB"
    yield f"bundle       {engine.name}  ({engine.backend}, {engine.precision}, {size})"
    yield f"audio        {_audio(report)}"
    yield f"scenario     {_scenario(report)}, threads: {threads}"
    yield f"warm-up      {warm_up_line(report.warm_up)}"
    yield from (f"machine      {line}" for line in report.environment.lines())
    yield from (f"             {line}" for line in machine_lines(report.machine))


def cells(values: Distribution | None, decimals: int) -> list[str]:
    """Return the columns of a figure."""
    if values is None:
        return [NONE] * len(COLUMNS)
    texts = (getattr(values, column) for column in COLUMNS)
    return [f"{each.value if isinstance(each, Percentile) else each:.{decimals}f}" for each in texts]


def interval(each: Percentile | Rate, decimals: int) -> str:
    """Return a value with its 95 % interval; a dash for a side that is not known."""
    low, high = (NONE if side is None else f"{side:.{decimals}f}" for side in (each.low, each.high))
    return f"{each.value:.{decimals}f} [{low}, {high}]"


def rows(report: Report) -> Iterator[tuple[str, Distribution | None, int]]:
    """Yield name, values and decimals of each figure that this measurement can have."""
    for name, label, decimals in ROWS:
        values = getattr(report.figures, name)
        is_empty = values is None or (name == "wait_ms" and not values.max)
        if not (name in OPTIONAL and is_empty):
            yield label, values, decimals


def _figures(report: Report) -> Iterator[str]:
    yield f"{'':18}{''.join(f'{column:>11}' for column in COLUMNS)}"
    for label, values, decimals in rows(report):
        yield f"{label:18}{''.join(f'{cell:>11}' for cell in cells(values, decimals))}"


def _audio(report: Report) -> str:
    recordings = report.recordings
    total_s = sum(recording.duration_s for recording in recordings)
    if len(recordings) > 1:
        return f"{len(recordings)} recordings  ({total_s:.1f} s)"
    return f"{recordings[0].path or 'synthetic'}  ({total_s:.1f} s)"


def _scenario(report: Report) -> str:
    asked, count = report.asked, len(report.queries)
    text = f"{asked.scenario}, {count} queries"
    if asked.scenario == "server":
        text += f" at {asked.rate:g} a second (Poisson, seed {asked.seed})"
    if asked.scenario != "single-stream":
        text += f", {asked.batch_size} at once at most"
    return text


def warm_up_line(warm_up: WarmUp) -> str:
    """Say what was discarded."""
    passes = f"{warm_up.passes} {'pass' if warm_up.passes == 1 else 'passes'}, {warm_up.duration_s:.1f} s"
    state = {True: "steady", False: "not steady after a minute", None: "as requested"}[warm_up.is_steady]
    first = "" if warm_up.first_ms is None else f"; first query {warm_up.first_ms:.0f} ms"
    return f"{passes}, {state}{first}"


def machine_lines(machine: Machine) -> Iterator[str]:
    """Yield clocks, temperatures, throttling and energy, each with what is not readable."""
    before, after = machine.before, machine.after
    governors = NOT_READABLE if before.governors is None else " ".join(before.governors)
    clocks = (
        NOT_READABLE
        if after.clock_mhz is None
        else f"{after.clock_mhz[0]:.0f} to {after.clock_mhz[1]:.0f} MHz"
    )
    limit = "" if before.max_clock_mhz is None else f" of {before.max_clock_mhz:.0f} MHz"
    yield f"governor {governors}; clocks {clocks}{limit}"
    yield f"temperature {_hottest(machine)}; throttling {_throttling(machine)}"
    for energy in machine.energy:
        yield (
            f"{energy.meter}: {energy.watts:.1f} W, idle {energy.idle_watts:.1f} W; "
            f"{energy.joules_per_audio_s:.2f} J per second of audio, "
            f"{energy.net_joules_per_audio_s:.2f} without idle"
        )
    if not machine.energy:
        yield f"energy {NOT_READABLE}"


def _hottest(machine: Machine) -> str:
    before, after = machine.before.temperatures_c, machine.after.temperatures_c
    if not before or not after:
        return NOT_READABLE
    return f"{max(before.values()):.0f} °C before, {max(after.values()):.0f} °C after"


def _throttling(machine: Machine) -> str:
    before, after = machine.before.throttling, machine.after.throttling
    if before is None or after is None:
        return NOT_READABLE
    events = sum(after.values()) - sum(before.values())
    return f"{events} events" if events else "none"


def foot(report: Report) -> Iterator[str]:
    """Yield rates, steadiness, tokens, load times, memory and what else was measured."""
    speed, load, memory = report.speed, report.load, report.memory
    yield f"RTF          {interval(speed.rtf, 4)}, RTFx {interval(speed.rtfx, 2)}  (sums over sums, 95 %)"
    if report.figures.latency_ms is not None:
        yield f"latency ms   p50 {interval(report.figures.latency_ms.p50, 1)}  (order statistics, 95 %)"
    if report.asked.scenario == "server":
        share = 100 * speed.busy_share
        yield f"load         {speed.queries_per_s:.2f} queries a second, busy {share:.0f} % of the time"
    yield f"steadiness   {report.steadiness}"
    counts = sorted({query.run.num_tokens for query in report.queries})
    span = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else str(counts[0])
    statuses = " or ".join(sorted({query.run.status for query in report.queries}))
    yield f"tokens       {span} a query ({statuses})"
    total = load.verify_ms + load.graphs_ms
    cold = "cold" if load.is_cold else "files perhaps cached"
    yield f"load ms      {total:.0f}  (verify {load.verify_ms:.0f}, graphs {load.graphs_ms:.0f}; {cold})"
    sizes = (memory.peak_bytes, memory.current_bytes, memory.loaded_bytes)
    peak, current, loaded = (NONE if size is None else f"{size / 1e6:.0f}" for size in sizes)
    device = "" if memory.peak_device_bytes is None else f", device {memory.peak_device_bytes / 1e6:.0f}"
    yield f"memory MB    peak {peak}, now {current}, after loading {loaded}{device}"
    yield f"overhead     {_overhead(report)}"
    yield from roofline_lines(report)
    if report.batch is not None:
        yield _batch_line(report.batch, report.recordings[0].duration_s)


def _overhead(report: Report) -> str:
    overhead = report.overhead
    share = NONE if overhead.percent_of_step is None else f"{overhead.percent_of_step:.2f}"
    sampler = f"sampler {100 * overhead.sampler_share:.2f} % of a core"
    return f"{share} % of a step  ({overhead.stamp_us:.2f} us a token, {sampler})"


def roofline_lines(report: Report) -> Iterator[str]:
    """Yield the position of step and prefill; nothing where it was not measured."""
    position = report.roofline
    if position is None:
        return
    roofs = f"{position.bandwidth_gb_s:.1f} GB/s, {position.peak_gops:.0f} Gop/s"
    yield f"roofline     {roofs} with {position.threads} threads"
    for name, stage in (("step", position.step), ("prefill", position.prefill)):
        if stage is not None:
            yield (
                f"  {name:10} {stage.measured_ms:.2f} ms; projected {stage.projected_ms:.2f}, "
                f"memory alone {stage.memory_ms:.2f}  ({stage.num_bytes / 1e6:.0f} MB, "
                f"{stage.operations / 1e9:.2f} Gop)"
            )


def _batch_line(batch: Batch, duration_s: Seconds) -> str:
    single_ms, batch_ms = batch.alone_ms.median, batch.together_ms.median
    rate = batch.num_recordings * duration_s / (batch_ms / 1e3)
    what = "recordings" if batch.num_recordings > 1 else "segments"
    same = "the same tokens" if not batch.num_different else f"other tokens in {batch.num_different}"
    return (
        f"together     {batch.size} {what} at once {batch_ms:.0f} ms, one after the other {single_ms:.0f} "
        f"ms: {batch.gain.median:.2f} times the throughput ({rate:.1f} s of audio a second), {same}"
    )
