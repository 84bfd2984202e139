"""One engine built in a process of its own, to measure its peak memory."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge_export.engine.builder.build import build_engine
from edge_export.engine.builder.library import load_library

if TYPE_CHECKING:
    from edge_export.engine.builder.build import EngineRequest
    from edge_export.engine.builder.library import EngineTarget

_STATUS: Final = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class EngineMeasurement:
    """What an engine cost.

    Attributes:
        graph_bytes: of the graph's weights.
        engine_bytes: of the plan.
        seconds: of parsing and building, by the clock.
        cpu_seconds: of all threads together; another program on the machine does not lengthen it.
        peak_bytes: most memory that the process held, mapped weights included.
    """

    graph_bytes: int
    engine_bytes: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int


def measure(target: EngineTarget, request: EngineRequest) -> EngineMeasurement:
    """Build an engine in a new process and throw it away."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_build_and_measure, target, request).result()


def _build_and_measure(target: EngineTarget, request: EngineRequest) -> EngineMeasurement:
    plan, library = request.graph.with_suffix(".plan"), load_library(target)
    before = time.process_time()
    try:
        built = build_engine(library, request, plan, lambda _: None)
    finally:
        plan.unlink(missing_ok=True)
    weights = request.graph.with_name(request.graph.name + ".data")
    cpu_seconds = time.process_time() - before
    return EngineMeasurement(
        weights.stat().st_size, built.num_bytes, built.seconds, cpu_seconds, _peak_bytes()
    )


def _peak_bytes() -> int:
    # Not ru_maxrss: a new process inherits the peak of its parent.
    fields = dict(line.split(":", 1) for line in _STATUS.read_text("ascii").splitlines())
    return int(fields["VmHWM"].split()[0]) * 1024
