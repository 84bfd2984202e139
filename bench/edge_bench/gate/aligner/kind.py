"""The gate of aligners, which compares the class of every timestamp slot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from edge_bench.corpus import SpeechClip
from edge_bench.gate.aligner.classes import ClipClasses, load_aligner
from edge_bench.gate.aligner.comparison import compare_aligners
from edge_bench.gate.aligner.limits import AlignerLimits, aligner_limits_for
from edge_bench.gate.aligner.match import measure_match
from edge_bench.gate.aligner.report import AlignerGateReport
from edge_bench.gate.aligner.verdict import AlignerVerdict, judge_aligner
from edge_bench.gate.corpus import open_speech_list
from edge_bench.gate.kind import GateInputs, GateKind
from edge_runtime.errors import BundleError, UsageError


def _require_comparable(inputs: GateInputs[SpeechClip, AlignerLimits]) -> None:
    """Refuse what cannot be compared.

    Raises:
        BundleError: a bundle is no aligner, or the same class means another time in each bundle.
        UsageError: there is a limit for the shift from the true times, and the list has no true times.
    """
    candidate, reference = inputs.candidate, inputs.reference
    specs = [bundle.manifest.require_aligner() for bundle in (candidate, reference)]
    if len({(spec.bin_ms, spec.num_classes) for spec in specs}) > 1:
        described = [f"{spec.num_classes} classes of {spec.bin_ms:g} ms" for spec in specs]
        raise BundleError(
            f"{candidate.directory} has {described[0]}, {reference.directory} {described[1]}: they cannot "
            f"be compared. Name the float32 bundle of the same checkpoint with --reference."
        )
    if inputs.limits.aas_ms is not None and not any(clip.units for clip in inputs.gate_list.clips):
        raise UsageError("The limit aas_ms needs a list with true times (`units`), and this one has none.")


def _judge(
    inputs: GateInputs[SpeechClip, AlignerLimits],
    candidate: Sequence[ClipClasses],
    reference: Sequence[ClipClasses],
) -> AlignerVerdict:
    clips, codes = inputs.gate_list.clips, inputs.language_codes
    bin_ms = inputs.reference.manifest.require_aligner().bin_ms
    return judge_aligner(compare_aligners(clips, candidate, reference, codes, bin_ms), inputs.limits)


ALIGNER_GATE: Final = GateKind(
    open_list=open_speech_list,
    limits_for=aligner_limits_for,
    require_comparable=_require_comparable,
    load=load_aligner,
    judge=_judge,
    measure=measure_match,
    report_type=AlignerGateReport,
)
