"""How far a builder is, as lines of text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edge_export.engine.builder.library import TrtLibrary


def watch(
    library: TrtLibrary, config: Any, on_line: Callable[[str], None], is_stopped: Callable[[], bool]
) -> Any:
    """Report the outermost phases of a build, and stop it, where the library has progress monitors.

    Args:
        library: the library.
        config: an `IBuilderConfig`.
        on_line: called with one line for each phase, from the builder's threads.
        is_stopped: tells whether the build is to end; called after each step, from the builder's threads.

    Returns:
        The monitor; keep it alive until the build has ended. None where the library has none.
    """
    if not hasattr(library.module, "IProgressMonitor") or not hasattr(config, "progress_monitor"):
        return None
    monitor = _monitor(library.module, on_line, is_stopped)
    config.progress_monitor = monitor
    return monitor


def _monitor(trt: Any, on_line: Callable[[str], None], is_stopped: Callable[[], bool]) -> Any:
    class Monitor(trt.IProgressMonitor):  # type: ignore[misc] # the base exists at run time only
        def __init__(self) -> None:
            trt.IProgressMonitor.__init__(self)

        def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
            if not parent_phase:
                on_line(f"{phase_name} ({num_steps} steps)")

        def step_complete(self, _phase_name: str, _step: int) -> bool:
            return not is_stopped()

        def phase_finish(self, _phase_name: str) -> None:
            return

    return Monitor()
