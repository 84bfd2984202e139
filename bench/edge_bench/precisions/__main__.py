"""Score a checkpoint in every precision: `python -m edge_bench.precisions --help`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Final

import typer

from edge_bench.precisions.aligner import ALIGNER_BUILDS, aligner_lines, score_aligner
from edge_bench.precisions.form import BUILDS, ScoredBuild
from edge_bench.precisions.recognizer import recognizer_lines, score_recognizer
from edge_bench.precisions.tool import Tool
from edge_bench.speed.environment import read_environment
from edge_runtime.errors import EdgeAsrError

_WORST: Final = 3

app = typer.Typer(help=__doc__, no_args_is_help=True)

Corpus = Annotated[Path, typer.Argument(metavar="LIST", help="Held-out recordings.")]
Work = Annotated[Path, typer.Option(help="Folder for bundles.")]
CalibrateOn = Annotated[Path, typer.Option(help="Recordings for int8-w8a8.")]
Threads = Annotated[int, typer.Option(min=0, help="CPU threads; 0 lets the back end choose.")]
LayersOn = Annotated[Path, typer.Option(help="Recordings that layers are measured on.")]
_WORK: Final = Path("build/scored")
_ALIGNED: Final = Path("tests/aligned_clips")


@app.command()
def recognizer(
    corpus: Corpus,
    checkpoint: str = "mini",
    work: Work = _WORK,
    calibrate_on: CalibrateOn = _ALIGNED,
    layers_on: LayersOn = Path("tests/clips"),
    threads: Threads = 0,
) -> None:
    """Print error rates in every precision, and the layers that lose most, as Markdown."""
    tool = Tool(checkpoint, work, calibrate_on, layers_on, threads)
    _print(
        f"Recogniser: `{checkpoint}`, `edge-asr eval`; points above fp32 in the worse language.",
        lambda: recognizer_lines(score_recognizer(tool, corpus, _say)),
        tool,
        BUILDS,
    )


@app.command()
def aligner(
    corpus: Corpus,
    checkpoint: str = "mini-aligner",
    work: Work = _WORK,
    calibrate_on: CalibrateOn = _ALIGNED,
    layers_on: LayersOn = _ALIGNED,
    threads: Threads = 0,
) -> None:
    """Print how many classes are equal in every precision, and the layers that lose most, as Markdown."""
    tool = Tool(checkpoint, work, calibrate_on, layers_on, threads)
    _print(
        f"Aligner: `{checkpoint}`, classes beside those of fp32 as in `edge-asr gate`.",
        lambda: aligner_lines(score_aligner(tool, corpus, _say)),
        tool,
        ALIGNER_BUILDS,
    )


@app.command()
def head() -> None:
    """Print the title of a document: date and machine."""
    typer.echo(f"# Precisions on held-out speech, {datetime.now(timezone.utc):%Y-%m-%d}\n")
    typer.echo("\n".join(f"- {line}" for line in read_environment().lines()))


def _print(title: str, table: Callable[[], Iterator[str]], tool: Tool, builds: Sequence[ScoredBuild]) -> None:
    """Measure all before anything is printed."""
    try:
        lines = [title, "", *table(), "", *_worst_lines(tool, builds)]
    except EdgeAsrError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    typer.echo("\n" + "\n".join(lines))


def _worst_lines(tool: Tool, builds: Sequence[ScoredBuild]) -> Iterator[str]:
    yield f"Its worst layers on `{tool.layers_on}`, by `python -m edge_export.tuning.layers`:"
    yield ""
    yield "| precision | matrix | stored | its input | weights off by % | product off by % |"
    yield "|---|---|---|---|---:|---:|"
    for build in builds:
        for row in tool.worst_layers(build, _WORST):
            yield f"| {build.name} {row}"


def _say(line: str) -> None:
    if sys.stderr.isatty():
        typer.echo(line, err=True)


if __name__ == "__main__":
    app()
