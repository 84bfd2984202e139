"""A comparison for a person: a table of languages, and the clips that changed most."""

from __future__ import annotations

from collections.abc import Iterator

from edge_bench.gate.aligner.comparison import AlignerComparison, AlignerFigures, ComparedAlignment
from edge_bench.gate.aligner.limits import AlignerLimits
from edge_bench.gate.bootstrap import CONFIDENCE
from edge_bench.gate.verdict import signed
from edge_runtime.arrays import Milliseconds

_CLIPS_SHOWN = 10


def aligner_table_lines(comparison: AlignerComparison, limits: AlignerLimits) -> Iterator[str]:
    """Yield the lines of a report, without the summary."""
    yield (
        f"{'':8} {'clips':>6} {'slots':>7} {'equal %':>8}  {f'{100 * CONFIDENCE:g} % interval':16} "
        f"{'within one %':>12} {'distance ms':>11} {'AAS ms':>8} {'change':>7}"
    )
    yield from map(_language_line, (*comparison.languages, comparison.whole))
    yield f"{'limit':22} {limits.equal:8.2f}"
    changed = sorted((each for each in comparison.clips if each.num_changed), key=_weight, reverse=True)
    if changed:
        yield ""
        yield "most changed:"
        yield from (_clip_line(each, comparison.bin_ms) for each in changed[:_CLIPS_SHOWN])
    yield ""


def bounds(figures: AlignerFigures) -> str:
    """Write the interval of the equal share, in percent."""
    return f"[{figures.low:.2f},{figures.high:.2f}]"


def _language_line(figures: AlignerFigures) -> str:
    aas = "–" if figures.candidate_aas_ms is None else f"{figures.candidate_aas_ms:.2f}"
    return (
        f"{figures.name:8} {figures.num_clips:6} {figures.num_slots:7} {figures.equal:8.2f}  "
        f"{bounds(figures):16} {figures.within_one:12.2f} {figures.distance_ms:11.2f} {aas:>8} "
        f"{signed(figures.aas_delta_ms):>7}"
    )


def _weight(compared: ComparedAlignment) -> tuple[int, int]:
    return max(compared.distances), compared.num_changed


def _clip_line(compared: ComparedAlignment, bin_ms: Milliseconds) -> str:
    distances = compared.distances
    return (
        f"  {compared.clip.id}  {compared.num_changed} of {len(distances)} classes, "
        f"by up to {bin_ms * max(distances):g} ms"
    )
