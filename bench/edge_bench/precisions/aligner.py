"""Classes of an aligner in every precision, beside those of float32."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_bench.gate.aligner.classes import load_aligner
from edge_bench.gate.aligner.comparison import compare_aligners
from edge_bench.gate.aligner.limits import aligner_limits_for
from edge_bench.gate.aligner.table import bounds
from edge_bench.gate.aligner.verdict import AlignerVerdict, judge_aligner
from edge_bench.gate.corpus import open_speech_list
from edge_bench.gate.run_list import RunOptions, run_list
from edge_bench.gate.verdict import signed
from edge_bench.precisions.build import BUILDS, REFERENCE, ScoredBuild
from edge_bench.precisions.tool import Tool
from edge_runtime.bundle.bundle import read_manifest

ALIGNER_BUILDS: Final = BUILDS[:-1]
"""At int4 an aligner stores 8-bit weights in both lowerings, so one of the two is enough."""


@dataclass(frozen=True, slots=True)
class GatedBuild:
    """The verdict of the gate on one build."""

    build: ScoredBuild
    verdict: AlignerVerdict


def score_aligner(tool: Tool, corpus: Path, on_line: Callable[[str], None]) -> list[GatedBuild]:
    """Compare every build of a checkpoint with its float32 bundle, as `edge-asr gate` does.

    Raises:
        EdgeAsrError: the list or the checkpoint cannot be used.
    """
    gate_list = open_speech_list(corpus)
    reference = tool.build(REFERENCE)
    manifest = read_manifest(reference).manifest
    codes = {language.name: language.code or language.name for language in manifest.languages}
    options = RunOptions(threads=tool.threads)
    old = run_list(load_aligner, reference, gate_list, options)
    results = []
    for build in ALIGNER_BUILDS:
        new = run_list(load_aligner, tool.build(build), gate_list, options)
        compared = compare_aligners(gate_list.clips, new, old, codes, manifest.require_aligner().bin_ms)
        results.append(GatedBuild(build, judge_aligner(compared, aligner_limits_for(build.precision))))
        on_line(f"{build.name}: {results[-1].verdict.summary()}")
    return results


def aligner_lines(gated: Sequence[GatedBuild]) -> Iterator[str]:
    """Yield a Markdown table."""
    yield "| precision | equal % | 95 % interval | within one % | distance ms | AAS ms | change | wanted % |"
    yield "|---|---:|---|---:|---:|---:|---:|---:|"
    for each in gated:
        verdict = each.verdict
        figures, aas = verdict.comparison.whole, verdict.comparison.whole.candidate_aas_ms
        cells = [
            each.build.name,
            f"{figures.equal:.2f}{'' if verdict.passed else ' **missed**'}",
            bounds(figures),
            f"{figures.within_one:.2f}",
            f"{figures.distance_ms:.2f}",
            "–" if aas is None else f"{aas:.2f}",
            signed(figures.aas_delta_ms),
            f"{verdict.limits.equal:g}",
        ]
        yield f"| {' | '.join(cells)} |"
