"""The gate of one build: its reference bundle, and what follows from the verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edge_export.pipeline.gate import GATE_NAME, open_gate
from edge_export.pipeline.gate_reference import (
    REFERENCE_PRECISION,
    REFERENCE_TARGET,
    find_reference,
    reference_path,
    require_reference,
)
from edge_export.pipeline.install import Judged
from edge_export.pipeline.job import BuildOptions
from edge_runtime.errors import CheckFailedError

if TYPE_CHECKING:
    from edge_export.pipeline.gate import Gate
    from edge_export.pipeline.job import BuildPlan


@dataclass(frozen=True, slots=True)
class BuildGateCheck:
    """A gate, and the bundle that it compares with.

    Attributes:
        gate: opened for the precision that is built.
        reference: float32 bundle of the same checkpoint.
        on_line: called with lines of progress.
        warn: called with what needs more recordings.
    """

    gate: Gate
    reference: Path
    on_line: Callable[[str], None]
    warn: Callable[[str], None]

    def is_settled(self, bundle: Path) -> bool:
        """Return whether a bundle has passed this gate."""
        report = bundle / GATE_NAME
        return report.is_file() and self.gate.is_settled(report.read_bytes(), self.reference)

    def judge(self, candidate: Path) -> Judged:
        """Run the gate; return its report, and what the manifest is to state.

        Raises:
            CheckFailedError: the bundle is outside its limits.
            EdgeAsrError: the bundle or the reference cannot be run.
        """
        outcome = self.gate.judge(candidate, self.reference, self.on_line)
        self.on_line(outcome.summary)
        if not outcome.passed:
            raise CheckFailedError(
                f"Outside its gate: {'; '.join(outcome.failures)}. [{outcome.summary}] Nothing was "
                f"installed. Choose a higher --precision, or allow more with --gate-limit."
            )
        for reason in outcome.inconclusive:
            self.warn(f"the gate was passed, but {reason}")
        return Judged({GATE_NAME: outcome.document}, outcome.within)


def plan_gate_check(
    options: BuildOptions,
    plan: BuildPlan,
    build: Callable[[BuildOptions], Path],
    on_line: Callable[[str], None],
    warn: Callable[[str], None],
) -> BuildGateCheck | None:
    """Open the requested gate, and find or build its reference; None without `--gate-on`.

    Args:
        options: of the build.
        plan: of the build.
        build: builds a bundle and returns its folder.
        on_line: as in `BuildGateCheck`.
        warn: as in `BuildGateCheck`.

    Raises:
        EdgeAsrError: something is missing or does not fit; raised before the build.
    """
    gate_options = options.gate
    if gate_options is None:
        return None
    gate = open_gate(plan.checkpoint.config.kind, plan.target, plan.export.precision, gate_options)
    if gate_options.reference:
        return BuildGateCheck(gate, require_reference(plan, gate_options.reference), on_line, warn)
    reference = find_reference(plan)
    if reference is None:
        path = reference_path(plan)
        on_line(f"gate: no bundle in {REFERENCE_PRECISION} to compare with; building {path}")
        reference = build(
            BuildOptions(
                options.model,
                output=path,
                target=REFERENCE_TARGET,
                precision=REFERENCE_PRECISION,
                hub=options.hub,
                adapter=options.adapter,
            )
        )
    return BuildGateCheck(gate, reference, on_line, warn)
