"""`edge-asr judge-subtitles`: subtitle files of any program, judged by figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from edge_bench.scoring.bars import parse_bars, require_cleared
from edge_bench.subtitles.faults import JudgeLimits, find_faults, total
from edge_bench.subtitles.subtitle_file import read_subtitles
from edge_bench.subtitles.table import fault_table
from edge_runtime.cli import options
from edge_runtime.cli.terminal import emit


def judge_subtitles(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="srt, vtt or ass.")
    ],
    text: Annotated[
        Path | None,
        typer.Option("--text", exists=True, dir_okay=False, help="What is said: finds breaks inside words."),
    ] = None,
    max_cps: Annotated[
        float | None,
        typer.Option("--max-cps", min=1, help="Characters a second. [default: 17, and 9 for wide ones]"),
    ] = None,
    bar: Annotated[
        list[str] | None,
        typer.Option("--bar", metavar="NAME=VALUE", help="Exit with 8 if missed, e.g. over_7s=0."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Count what a subtitler would mend: short and long cues, reading speed, breaks, gaps, lines."""
    bars = parse_bars(bar or ())
    limits = JudgeLimits() if max_cps is None else JudgeLimits(max_cps=max_cps, max_cps_wide=max_cps)
    reference = text.read_text("utf-8-sig") if text else None
    rows = {str(path): find_faults(read_subtitles(path), limits, reference) for path in files}
    for name, faults in rows.items() if as_json else ():
        emit(msgspec.json.encode({"file": name, **faults.metrics()}, order="sorted").decode())
    for line in () if as_json else fault_table(rows):
        emit(line)
    require_cleared(bars, total(rows.values()).metrics())
