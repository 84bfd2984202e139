"""What a build tries after an engine failed: attention as primitives, then the recipe's next precision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge_runtime.errors import EngineMismatchError, ResourceError

if TYPE_CHECKING:
    from edge_export.engine.plan import EnginePlan
    from edge_export.pipeline.job import BuildOptions
    from edge_runtime.errors import EdgeAsrError


@dataclass(frozen=True, slots=True)
class Attempt:
    """One more build.

    Attributes:
        options: of it.
        what: what is tried, for a message.
    """

    options: BuildOptions
    what: str


def next_attempt(requested: BuildOptions, engines: EnginePlan, error: EdgeAsrError) -> Attempt | None:
    """Return what to try after a failure, None where nothing is left.

    Args:
        requested: options of the user.
        engines: plan of the engines that failed.
        error: why.
    """
    if isinstance(error, EngineMismatchError) and engines.export.lowering != "legacy":
        primitive = replace(requested, first_rung=engines.rung, attention="primitive", is_fallback=True)
        return Attempt(primitive, "graphs that spell attention out")
    rung = engines.next_rung
    if rung is None or not _may_help(requested, engines, rung, error):
        return None
    what = f"precision {engines.ladder[rung].precision}"
    return Attempt(replace(requested, first_rung=rung), what)


def _may_help(requested: BuildOptions, engines: EnginePlan, rung: int, error: EdgeAsrError) -> bool:
    """Return whether a build in the precision of a rung is possible and may avoid the error."""
    failed, other = engines.ladder[engines.rung], engines.ladder[rung]
    if isinstance(error, ResourceError) and other.build_memory >= failed.build_memory:
        return False
    is_quantized = any(precision.startswith("int") for precision in other.components.values())
    return is_quantized or (requested.calibrate_on is None and requested.rounding is None)
