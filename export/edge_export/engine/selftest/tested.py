"""An engine built and tried, with another attention policy after a failure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from edge_export.engine.builder.build import build_engine
from edge_export.engine.selftest.trial import first_passing

if TYPE_CHECKING:
    from pathlib import Path

    from edge_export.engine.builder.build import EngineRequest
    from edge_export.engine.builder.library import TrtLibrary
    from edge_export.engine.builder.lowering import AttentionPolicy
    from edge_export.engine.selftest.trial import EngineTester, Trial


def build_tested(
    library: TrtLibrary,
    request: EngineRequest,
    plan: Path,
    tester: EngineTester,
    on_line: Callable[[str], None],
) -> list[Trial]:
    """Build an engine until its outputs are right.

    Args:
        library: the library.
        request: what to build, with the attention policy to begin with.
        plan: file to write.
        tester: runs the engine on its cases.
        on_line: called with lines of progress.

    Returns:
        All trials; the last is of the engine on disk.

    Raises:
        EdgeAsrError: as `build_engine` and `first_passing` do.
    """

    def build(attention: AttentionPolicy) -> Trial:
        built = build_engine(library, replace(request, attention=attention), plan, on_line)
        on_line(f"{request.component}: {built.num_bytes / 1e6:.1f} MB in {built.seconds:.1f} s")
        return tester.run_trial(request.component, plan, attention)

    return first_passing(request.component, request.attention, build, on_line)
