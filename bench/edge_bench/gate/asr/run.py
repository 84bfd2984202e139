"""A gate from end to end: a list, two bundles one after the other, a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from edge_bench.corpus import Clip
from edge_bench.gate.asr.comparison import compare
from edge_bench.gate.asr.limits import GateLimits
from edge_bench.gate.asr.record import GateReport, gate_report
from edge_bench.gate.asr.report import report_lines
from edge_bench.gate.asr.transcripts import transcribe_list
from edge_bench.gate.asr.verdict import Verdict, judge
from edge_bench.gate.corpus import GateList
from edge_bench.gate.run_both import RunOptions, run_both
from edge_runtime.bundle.bundle import Bundle


@dataclass(frozen=True, slots=True)
class GateRun:
    """The outcome: the verdict to show, and its record to keep."""

    verdict: Verdict
    record: GateReport

    def report(self) -> Iterator[str]:
        """Yield the lines for a person, without the summary."""
        yield from report_lines(self.verdict)

    def documents(self) -> Iterator[bytes]:
        """Yield each clip whose text or behaviour is new, as JSON."""
        for each in self.verdict.comparison.clips:
            if each.behaviours:
                yield msgspec.json.encode(each, order="sorted")


def run_gate(
    gate_list: GateList[Clip],
    candidate: Bundle,
    reference: Bundle,
    limits: GateLimits,
    *,
    run_options: RunOptions,
    on_line: Callable[[str], None],
) -> GateRun:
    """Let both bundles hear the list, the reference first, and judge the candidate.

    Args:
        gate_list: the list.
        candidate: the bundle to judge; its files are verified when it is loaded, as the reference's are.
        reference: the bundle to compare with.
        limits: for the candidate.
        run_options: how the candidate is run; the reference always runs where it was built for.
        on_line: told how far it is, twenty times.

    Raises:
        EdgeAsrError: a bundle cannot be run here, or a clip cannot be used.
    """
    for bundle in (candidate, reference):
        bundle.manifest.require_asr()
    pair = run_both(transcribe_list, gate_list, candidate, reference, run_options, on_line)
    codes = {language.name: language.code for language in reference.manifest.languages}
    verdict = judge(compare(gate_list.clips, pair.candidate, pair.reference, codes), limits)
    return GateRun(verdict, gate_report(verdict, candidate, reference, gate_list.info))
