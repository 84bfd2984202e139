"""`edge-asr calibrate`: measure how sure a bundle is of its results, and let its manifest say so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from edge_bench.commands.progress import progress_line
from edge_bench.gate.asr.commit import measure_commit
from edge_bench.gate.kinds import KINDS
from edge_bench.gate.measured import Measured
from edge_bench.gate.run_list import RunOptions, progress_reporter, run_list
from edge_runtime.bundle.bundle import read_manifest
from edge_runtime.bundle.rewriting import rewrite_manifest
from edge_runtime.cli import options
from edge_runtime.cli.terminal import emit, say
from edge_runtime.errors import UsageError


def calibrate(
    bundle: Annotated[
        Path, typer.Argument(metavar="BUNDLE", help="A bundle's folder; its manifest is replaced.")
    ],
    corpus: Annotated[
        Path, typer.Argument(metavar="LIST", help="JSON lines with id, audio, text, language.")
    ],
    stream: Annotated[
        bool, typer.Option("--stream", help="Measure when words of live text become stable instead.")
    ] = False,
    clips: Annotated[int, typer.Option("--clips", min=100, help="Of the list, with --stream.")] = 300,
    device: options.Device = "auto",
    threads: options.Threads = 0,
    quiet: options.Quiet = False,
) -> None:
    """Measure what right and wrong results of a bundle are like, and write it into the manifest.

    Of a recognizer: below which mean log-probability a segment is decoded again, and a text has low
    confidence. Of an aligner: how sure it is of right texts. Builds with --gate-on measure both. With
    --stream: when words become stable, so that few are taken back and none waits for long. Prints the
    figures.
    """
    run_options = RunOptions(device, threads)
    if stream:
        measured = measure_commit(bundle, corpus, run_options, clips, lambda line: say(line, quiet=quiet))
    else:
        measured = _measure(bundle, corpus, run_options, progress_line(quiet=quiet))
    if measured.doubts:
        raise UsageError(
            f"{corpus}: {'; '.join(measured.doubts)}. The bundle stays as it is; give a longer list."
        )
    was_signed = rewrite_manifest(bundle, measured.within)
    emit(measured.summary())
    if was_signed:
        say(f"warning: {bundle}: its signature was of the old manifest. Sign it anew.", quiet=quiet)


def _measure(bundle: Path, corpus: Path, run_options: RunOptions, on_line: Callable[[str], None]) -> Measured:
    """Run a bundle on a list, and measure what its gate measures."""
    kind = KINDS[read_manifest(bundle).manifest.kind]
    gate_list = kind.open_list(corpus)
    on_clip = progress_reporter("calibrate", len(gate_list.clips), on_line)
    outputs = run_list(kind.load, bundle, gate_list, run_options, on_clip)
    on_line("")
    return kind.measure(gate_list.clips, outputs)
