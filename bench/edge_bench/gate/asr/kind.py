"""The gate of recognizers, which compares texts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from edge_bench.corpus import Clip
from edge_bench.gate.asr.comparison import compare
from edge_bench.gate.asr.confidence import measure_confidence
from edge_bench.gate.asr.limits import GateLimits, limits_for
from edge_bench.gate.asr.report import GateReport
from edge_bench.gate.asr.verdict import Verdict, judge
from edge_bench.gate.corpus import open_list
from edge_bench.gate.kind import GateInputs, GateKind
from edge_bench.gate.run_list import RunClip, RunOptions
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.results.transcript import Transcript


def load_recognizer(bundle: Path, options: RunOptions) -> RunClip[Clip, Transcript]:
    """Load a bundle that transcribes.

    Raises:
        EdgeAsrError: the bundle cannot be loaded.
    """
    recognizer = Recognizer.load(bundle, device=options.device, threads=options.threads)
    return lambda audio, _: recognizer.transcribe(audio)


def _require_comparable(inputs: GateInputs[Clip, GateLimits]) -> None:
    for bundle in (inputs.candidate, inputs.reference):
        bundle.manifest.require_asr()


def _judge(
    inputs: GateInputs[Clip, GateLimits], candidate: Sequence[Transcript], reference: Sequence[Transcript]
) -> Verdict:
    return judge(compare(inputs.gate_list.clips, candidate, reference, inputs.language_codes), inputs.limits)


ASR_GATE: Final = GateKind(
    open_list=open_list,
    limits_for=limits_for,
    require_comparable=_require_comparable,
    load=load_recognizer,
    judge=_judge,
    measure=measure_confidence,
    report_type=GateReport,
)
