"""A gate from end to end: a list, two bundles one after the other, a verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic

from edge_bench.corpus import Entry
from edge_bench.gate.corpus import GateList
from edge_bench.gate.measured import Measured
from edge_bench.gate.report import BundleInfo, GateReportBase, Limits, ReportHeader
from edge_bench.gate.run_list import LoadBundle, Output, RunOptions, progress_reporter, run_list
from edge_bench.gate.verdict import GateVerdict
from edge_runtime.bundle.bundle import Bundle


@dataclass(frozen=True, slots=True)
class GateInputs(Generic[Entry, Limits]):
    """What one gate compares.

    Attributes:
        gate_list: the list.
        candidate: the bundle to judge; its files are verified when it is loaded, as the reference's are.
        reference: the bundle to compare with.
        limits: the limits of the candidate.
    """

    gate_list: GateList[Entry]
    candidate: Bundle
    reference: Bundle
    limits: Limits

    @property
    def language_codes(self) -> dict[str, str]:
        """Language name → code, the name where it has none."""
        return {
            language.name: language.code or language.name for language in self.reference.manifest.languages
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class GateKind(Generic[Entry, Output, Limits]):
    """How bundles of one kind are compared.

    Attributes:
        open_list: reads the list and finds its recordings.
        limits_for: returns the limits of a precision, some of them set by NAME=VALUE.
        require_comparable: raises EdgeAsrError where a comparison has no meaning, before any bundle runs.
        load: loads a bundle.
        judge: compares the outputs of candidate and reference, one for each clip, and applies the limits.
        measure: returns the figures of the bundle with these outputs that its manifest states.
        report_type: the report that is kept.
    """

    open_list: Callable[[Path], GateList[Entry]]
    limits_for: Callable[[str, Sequence[str]], Limits]
    require_comparable: Callable[[GateInputs[Entry, Limits]], None]
    load: LoadBundle[Entry, Output]
    judge: Callable[[GateInputs[Entry, Limits], Sequence[Output], Sequence[Output]], GateVerdict[Limits]]
    measure: Callable[[Sequence[Entry], Sequence[Output]], Measured]
    report_type: type[GateReportBase[Limits]]


@dataclass(frozen=True, slots=True)
class GateRun(Generic[Limits]):
    """The outcome: the verdict to show, the report to keep, and the candidate's figures for its manifest."""

    verdict: GateVerdict[Limits]
    report: GateReportBase[Limits]
    measured: Measured


def run_gate(
    kind: GateKind[Entry, Output, Limits],
    inputs: GateInputs[Entry, Limits],
    run_options: RunOptions,
    on_line: Callable[[str], None],
) -> GateRun[Limits]:
    """Run both bundles on the list, the reference first, and judge the candidate.

    Args:
        kind: of both bundles.
        inputs: list, bundles and limits.
        run_options: how the candidate is run; the reference always runs where it was built for.
        on_line: called with lines of progress.

    Raises:
        EdgeAsrError: the bundles cannot be compared or run here, or a clip cannot be used.
    """

    def run(role: str, bundle: Bundle, device: str) -> tuple[Output, ...]:
        options = RunOptions(device, run_options.threads)
        on_clip = progress_reporter(f"gate: {role}", len(inputs.gate_list.clips), on_line)
        return run_list(kind.load, bundle.directory, inputs.gate_list, options, on_clip)

    kind.require_comparable(inputs)
    reference = run("reference", inputs.reference, "auto")
    candidate = run("candidate", inputs.candidate, run_options.device)
    verdict = kind.judge(inputs, candidate, reference)
    measured = kind.measure(inputs.gate_list.clips, candidate)
    return GateRun(verdict, verdict.report(_header(verdict, inputs)), measured)


def _header(verdict: GateVerdict[Limits], inputs: GateInputs[Entry, Limits]) -> ReportHeader:
    return ReportHeader(
        passed=verdict.passed,
        failures=verdict.failures,
        doubts=verdict.inconclusive,
        candidate=BundleInfo.of(inputs.candidate),
        reference=BundleInfo.of(inputs.reference),
        corpus=inputs.gate_list.info,
    )
