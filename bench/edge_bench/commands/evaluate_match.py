"""`edge-asr eval-match`: how many wrong pairs of recording and text are noticed, and how many right ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge_bench.corpus import PairClip, read_list
from edge_bench.scoring.bars import parse_bars, require_cleared
from edge_bench.scoring.match import MatchScores, judge_pair
from edge_runtime.alignment.aligner import Aligner
from edge_runtime.cli import options
from edge_runtime.cli.bundles import choose_bundle
from edge_runtime.cli.failures import Tally
from edge_runtime.cli.terminal import emit, say, verify_progress


def evaluate_match(
    corpus: Annotated[
        Path, typer.Argument(metavar="LIST", help="JSON lines with id, audio, text, language, kind, match.")
    ],
    model: options.Model = None,
    device: options.Device = "auto",
    threads: options.Threads = 0,
    bar: Annotated[
        list[str] | None,
        typer.Option("--bar", metavar="NAME=VALUE", help="Exit with 8 if missed, e.g. mismatch_found=95."),
    ] = None,
    quiet: options.Quiet = False,
) -> None:
    """Align recordings with texts, theirs and others; print what share is warned of, as NAME=VALUE."""
    bars = parse_bars(bar or ())
    pairs = read_list(corpus, PairClip)
    progress = verify_progress(quiet=quiet)
    aligner = Aligner.load(choose_bundle(model, "aligner"), device=device, threads=threads, progress=progress)
    tally, results = Tally(), []
    for pair in pairs:
        path = corpus.parent / pair.audio
        with tally.counted(str(path)):
            results.append(judge_pair(aligner.align(path, pair.text, pair.language), pair))
    if not results:
        tally.require_all("There is nothing to score.")
    scores = MatchScores(tuple(results))
    for line in scores.table():
        say(line, quiet=quiet)
    emit(scores.summary())
    tally.require_all("The scores are those of the others, and no bar is checked.")
    require_cleared(bars, scores.metrics())
