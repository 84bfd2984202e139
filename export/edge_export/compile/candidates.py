"""The precisions of a portable bundle, compiled one after the other; one that fails is passed over."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from edge_export.compile.choice import Figures
from edge_export.compile.component import TRIAL_NAME, ComponentJob
from edge_export.compile.failures import Failures
from edge_export.compile.timing import CallTime
from edge_export.engine.failure import EngineFailedError, engine_failures
from edge_runtime.errors import EdgeAsrError, ResourceError

if TYPE_CHECKING:
    from edge_export.stages.workspace import Workspace
    from edge_runtime.bundle.portable import PortableBundle
    from edge_runtime.bundle.specs import EngineRecord

_GB: Final = 1e9
_TIMING_CACHE_NAME: Final = "timing.cache"


class Reporter(Protocol):
    """Receives progress and warnings."""

    def progress(self, text: str) -> None:
        """Take a line of progress."""
        ...

    def warn(self, text: str) -> None:
        """Take a line that the user should see."""
        ...


Compile = Callable[[ComponentJob, Path, Callable[[str], None]], None]
"""Compiles one engine into a folder; see `compile_component`."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Compiles the precisions of a portable bundle.

    Attributes:
        portable: the bundle.
        fitting: precisions that there is memory for.
        records: precision → component → record of its engine.
        reporter: receives progress and warnings.
        compile_one: compiles one engine.
    """

    portable: PortableBundle
    fitting: tuple[PortableBundle, ...]
    records: Mapping[str, Mapping[str, EngineRecord]]
    reporter: Reporter
    compile_one: Compile

    def figures(self, workspace: Workspace) -> tuple[list[Figures], list[str]]:
        """Compile the precisions; one that fails is passed over."""
        figures: list[Figures] = []
        reused: list[str] = []
        errors: list[EdgeAsrError] = []
        limit: int | None = None
        for each in self.portable.candidates:
            reason = self._obstacle(each, limit)
            if reason is None:
                try:
                    reused += self._tried(each, workspace)
                except EngineFailedError as failure:
                    errors.append(failure.error)
                    reason = str(failure.error)
                    if isinstance(failure.error, ResourceError):
                        limit = each.spec.build_memory
            if reason is not None:
                figures.append(Figures(each.precision, reason=reason))
                if len(self.portable.candidates) > 1:
                    self.reporter.warn(f"precision {each.precision} is passed over: {reason}")
                continue
            stages = [self.stage(each, name) for name in each.spec.records]
            figures.append(_measured(each.precision, stages, workspace))
        if all(each.reason is not None for each in figures):
            raise _joined(errors, figures, self.portable.graphs.directory)
        return figures, reused

    def _tried(self, candidate: PortableBundle, workspace: Workspace) -> list[str]:
        """Compile a precision, unless it failed for this library and GPU before.

        Raises:
            EngineFailedError: it failed, now or then.
        """
        failures = Failures(workspace)
        failures.raise_recorded(candidate.precision)
        try:
            with engine_failures():
                return self._compile(candidate, workspace)
        except EngineFailedError as failure:
            failures.record(candidate.precision, failure.error)
            raise

    def _obstacle(self, candidate: PortableBundle, limit: int | None) -> str | None:
        """Return why a precision is not compiled, None where it is; `limit` is the memory that ran out."""
        needed = candidate.spec.build_memory
        if candidate not in self.fitting or (limit is not None and needed >= limit):
            return f"compiling it needs about {needed / _GB:.1f} GB of memory."
        return None

    def stage(self, candidate: PortableBundle, component: str) -> str:
        """Return the stage of an engine; precisions with the same graph share it."""
        first, own = (each.spec.records[component].onnx for each in (self.portable, candidate))
        return component if own == first else f"{component}.{candidate.precision}"

    def _compile(self, candidate: PortableBundle, workspace: Workspace) -> list[str]:
        """Compile every engine that is not finished; return those that were."""
        records = self.records[candidate.precision]
        reused = []
        for number, (component, record) in enumerate(records.items(), 1):
            stage = self.stage(candidate, component)
            step = f"[{number}/{len(records) + 1}] {stage}"
            if workspace.is_finished(stage):
                self.reporter.progress(f"{step}: finished before")
                reused.append(component)
                continue
            self.reporter.progress(step)
            job = ComponentJob(component, candidate, record, workspace.directory.parent / _TIMING_CACHE_NAME)
            workspace.run(stage, partial(_run, self.compile_one, job, self.reporter.progress))
        return reused


def _measured(precision: str, stages: list[str], workspace: Workspace) -> Figures:
    num_bytes, timed = 0, None
    for stage in stages:
        folder = workspace.stage_path(stage)
        num_bytes += sum(path.stat().st_size for path in folder.glob("*.plan"))
        timed = timed or _time(json.loads((folder / TRIAL_NAME).read_text("utf-8"))[-1])
    return Figures(precision, num_bytes, timed)


def _time(trial: Mapping[str, Any]) -> CallTime | None:
    calls: tuple[Literal["step", "pass"], ...] = ("step", "pass")
    return next((CallTime(call, trial[f"{call}_ms"]) for call in calls if f"{call}_ms" in trial), None)


def _joined(errors: list[EdgeAsrError], figures: list[Figures], directory: Path) -> EdgeAsrError:
    """Return one error for all precisions, of the kind of the first."""
    if len(figures) == 1:
        return errors[0]
    reasons = " ".join(f"{each.precision}: {each.reason}" for each in figures)
    return type(errors[0])(f"{directory}: none of its precisions can be had here. {reasons}")


def _run(compile_one: Compile, job: ComponentJob, on_line: Callable[[str], None], folder: Path) -> None:
    compile_one(job, folder, on_line)
