"""Trials of an engine on the machine that built it, with another attention policy after a failure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from edge_runtime.backends.device import why_unusable
from edge_runtime.backends.registry import engine_environment, open_session
from edge_runtime.backends.session import SessionOptions
from edge_runtime.errors import EngineMismatchError, GraphError
from edge_runtime.verification.engine_cases import CaseResult, case_verdict, run_cases

if TYPE_CHECKING:
    from pathlib import Path

    from edge_export.engine.builder.lowering import AttentionPolicy
    from edge_runtime.bundle.manifest import Manifest, Target
    from edge_runtime.bundle.specs import EngineRecord
    from edge_runtime.verification.engine_cases import EngineCase

TRIALS_NAME: Final = "trials.json"
"""Results of each engine's trials; part of the bundle."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Result of one engine.

    Attributes:
        attention: policy that it was built with.
        results: of all cases; empty if it was not run.
        reason: why it was not run, or the error of the library.
    """

    attention: AttentionPolicy
    results: tuple[CaseResult, ...] = ()
    reason: str | None = None

    @property
    def failed(self) -> bool:
        """Whether an output was wrong, or the engine could not be run although its GPU is present."""
        return not all(result.passed for result in self.results)

    def as_json(self) -> dict[str, Any]:
        """Return the JSON document."""
        verdict = "not run" if not self.results else "failed" if self.failed else "passed"
        cases = [msgspec.to_builtins(case_verdict(result)) for result in self.results]
        return {"attention": self.attention, "verdict": verdict, "reason": self.reason, "cases": cases}


class EngineTester:
    """Tries engines if this machine has the GPU they are for."""

    def __init__(
        self, manifest: Manifest, cases: Sequence[EngineCase], record: EngineRecord, reason: str | None
    ) -> None:
        """Store the findings of `make_tester`.

        Args:
            manifest: of the bundle to be.
            cases: of all components.
            record: of the engine; its profiles say which capacities of the cache it has.
            reason: why engines cannot be run here; None where they can.
        """
        self._manifest: Final = manifest
        self._cases: Final = cases
        self._record: Final = record
        self._reason: Final = reason

    def run_trial(self, component: str, plan: Path, attention: AttentionPolicy) -> Trial:
        """Run one engine on its cases."""
        if self._reason is not None:
            return Trial(attention, reason=self._reason)
        manifest = self._manifest
        cases = [case for case in self._cases if case.component == component]
        spec = msgspec.structs.replace(manifest.components[component], engine=self._record)
        try:
            session = open_session(manifest.target, spec, plan, SessionOptions())
            return Trial(attention, tuple(run_cases(session, manifest, cases)))
        except GraphError as error:
            return Trial(attention, tuple(_failed_results(cases)), str(error))


def make_tester(manifest: Manifest, cases: Sequence[EngineCase], record: EngineRecord) -> EngineTester:
    """Return a tester that knows whether engines can be run on this machine."""
    return EngineTester(manifest, cases, record, why_not_run(manifest.target, record))


def why_not_run(target: Target, record: EngineRecord) -> str | None:
    """Return why an engine cannot be run on this machine, None where it can."""
    reason = why_unusable(target)
    if reason is not None:
        return reason
    here = engine_environment(target, SessionOptions()).compute_capability
    if here not in record.compute_capabilities:
        return f"The GPU here has compute capability {here}, the engine is for others."
    return None


def first_passing(
    component: str,
    first: AttentionPolicy,
    build: Callable[[AttentionPolicy], Trial],
    on_line: Callable[[str], None],
) -> list[Trial]:
    """Build an engine, and build it again with decomposed attention if its outputs are wrong.

    Args:
        component: which.
        first: how to compute attention first.
        build: builds and tries.
        on_line: called with the result of each.

    Returns:
        All trials; the last is of the engine on disk.

    Raises:
        EngineMismatchError: every engine failed.
    """
    trials: list[Trial] = []
    for attention in (first, *(("decomposable",) if first == "fused" else ())):
        trials.append(build(attention))
        on_line(f"{component}: self-test with attention {attention}: {_summary(trials[-1])}")
        if not trials[-1].failed:
            return trials
    raise EngineMismatchError(
        f"The {component} engine answers otherwise than its graph, with attention "
        f"{' and '.join(trial.attention for trial in trials)}: {_summary(trials[-1])}. Nothing was installed."
    )


def _summary(trial: Trial) -> str:
    if not trial.results:
        return f"not run ({trial.reason})"
    failed = [result for result in trial.results if not result.passed]
    if not failed:
        return f"{len(trial.results)} cases passed"
    reason = f" ({trial.reason})" if trial.reason else ""
    return (
        f"{failed[0].case} differs by {failed[0].difference:.3g}, allowed {failed[0].tolerance:.3g}{reason}"
    )


def _failed_results(cases: Sequence[EngineCase]) -> list[CaseResult]:
    return [CaseResult(case.component, case.name, float("inf"), case.tolerance) for case in cases]
