"""Classes of an aligner in every precision, beside those of float32."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from edge_bench.gate.slots.record import SlotGateRecord
from edge_bench.gate.slots.verdict import bounds, signed
from edge_bench.precisions.form import FORMS, REFERENCE, ScoredForm
from edge_bench.precisions.tool import Tool


@dataclass(frozen=True, slots=True)
class GatedForm:
    """What the gate says of one form."""

    form: ScoredForm
    record: SlotGateRecord


def score_aligner(tool: Tool, corpus: Path, on_line: Callable[[str], None]) -> list[GatedForm]:
    """Compare a checkpoint in every form with its float32 bundle."""
    reference = tool.build(REFERENCE)
    found = []
    for form in FORMS:
        asked = ("gate", corpus, "--model", tool.build(form), "--reference", reference, "--json", "--quiet")
        record = msgspec.json.decode(tool.command(*asked).splitlines()[-1], type=SlotGateRecord)
        on_line(f"{form.name}: {record.figures.equal:.2f} % equal, {len(record.failures)} limits missed")
        found.append(GatedForm(form, record))
    return found


def aligner_lines(gated: Sequence[GatedForm]) -> Iterator[str]:
    """Yield a Markdown table."""
    yield "| precision | equal % | 95 % interval | within one % | distance ms | AAS ms | change | wanted % |"
    yield "|---|---:|---|---:|---:|---:|---:|---:|"
    for each in gated:
        figures, wanted = each.record.figures, each.record.limits.equal
        aas = figures.candidate_aas_ms
        cells = [
            each.form.name,
            f"{figures.equal:.2f}{'' if each.record.passed else ' **missed**'}",
            bounds(figures),
            f"{figures.within_one:.2f}",
            f"{figures.distance_ms:.2f}",
            "–" if aas is None else f"{aas:.2f}",
            signed(figures.aas_delta_ms),
            f"{wanted:g}",
        ]
        yield f"| {' | '.join(cells)} |"
