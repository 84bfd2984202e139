"""A gate of aligners from end to end: a list, two bundles one after the other, a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from edge_bench.corpus import SpeechClip
from edge_bench.gate.aligner.classes import classify_list
from edge_bench.gate.aligner.comparison import compare_aligners
from edge_bench.gate.aligner.limits import AlignerLimits
from edge_bench.gate.aligner.record import AlignerGateReport, aligner_report, clip_document
from edge_bench.gate.aligner.report import aligner_report_lines
from edge_bench.gate.aligner.verdict import AlignerVerdict, judge_aligner
from edge_bench.gate.corpus import GateList
from edge_bench.gate.run_both import RunOptions, run_both
from edge_runtime.arrays import Milliseconds
from edge_runtime.bundle.bundle import Bundle
from edge_runtime.errors import BundleError, UsageError


@dataclass(frozen=True, slots=True)
class AlignerGateRun:
    """The outcome: the verdict to show, its record to keep, and the length of a class."""

    verdict: AlignerVerdict
    record: AlignerGateReport
    bin_ms: Milliseconds

    def report(self) -> Iterator[str]:
        """Yield the lines for a person, without the summary."""
        yield from aligner_report_lines(self.verdict, self.bin_ms)

    def documents(self) -> Iterator[bytes]:
        """Yield each clip with another class, as JSON."""
        for each in self.verdict.comparison.clips:
            if each.num_changed:
                yield clip_document(each)


def run_aligner_gate(
    gate_list: GateList[SpeechClip],
    candidate: Bundle,
    reference: Bundle,
    limits: AlignerLimits,
    *,
    run_options: RunOptions,
    on_line: Callable[[str], None],
) -> AlignerGateRun:
    """Let both aligners hear the list, the reference first, and judge the candidate.

    Args and errors as of `edge_bench.gate.asr.run.run_gate`; a clip must fit one pass.

    Raises:
        EdgeAsrError: a bundle cannot be run here, or a clip cannot be used.
    """
    bin_ms = _common_bin_ms(candidate, reference)
    if limits.aas_ms is not None and not any(clip.units for clip in gate_list.clips):
        raise UsageError("The limit aas_ms needs a list with true times (`units`), and this one has none.")
    pair = run_both(classify_list, gate_list, candidate, reference, run_options, on_line)
    codes = {language.name: language.code for language in reference.manifest.languages}
    compared = compare_aligners(gate_list.clips, pair.candidate, pair.reference, codes, bin_ms)
    verdict = judge_aligner(compared, limits)
    return AlignerGateRun(verdict, aligner_report(verdict, candidate, reference, gate_list.info), bin_ms)


def _common_bin_ms(candidate: Bundle, reference: Bundle) -> Milliseconds:
    """Return the length of a class.

    Raises:
        BundleError: a bundle is no aligner, or classes of one mean other times than those of the other.
    """
    specs = [bundle.manifest.require_aligner() for bundle in (candidate, reference)]
    if len({(spec.bin_ms, spec.num_classes) for spec in specs}) > 1:
        described = [f"{spec.num_classes} classes of {spec.bin_ms:g} ms" for spec in specs]
        raise BundleError(
            f"{candidate.directory} has {described[0]}, {reference.directory} {described[1]}: they cannot "
            f"be compared. Name the float32 bundle of the same checkpoint with --reference."
        )
    return specs[0].bin_ms
