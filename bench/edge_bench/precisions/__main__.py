"""Score a checkpoint in every precision: `python -m edge_bench.precisions --help`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Final

import typer

from edge_bench.precisions.aligner import ALIGNER_BUILDS, aligner_lines, score_aligner
from edge_bench.precisions.build import BUILDS, ScoredBuild
from edge_bench.precisions.recognizer import recognizer_lines, score_recognizer
from edge_bench.precisions.tool import Tool
from edge_bench.speed.environment import read_environment
from edge_runtime.errors import EdgeAsrError

_WORST: Final = 3
_ALIGNED: Final = Path("tests/aligned_clips")

app = typer.Typer(help=__doc__, no_args_is_help=True)

Corpus = Annotated[Path, typer.Argument(metavar="LIST", help="Held-out recordings.")]
Work = Annotated[Path, typer.Option(help="Folder for bundles.")]
CalibrateOn = Annotated[Path, typer.Option(help="Recordings for int8-w8a8.")]
Threads = Annotated[int, typer.Option(min=0, help="CPU threads; 0 lets the back end choose.")]
LayersOn = Annotated[Path, typer.Option(help="Recordings that layers are measured on.")]


def _add_command(
    name: str,
    summary: str,
    *,
    default: str,
    default_layers_on: Path,
    title: str,
    builds: Sequence[ScoredBuild],
    table: Callable[[Tool, Path], Iterator[str]],
) -> None:
    """Add the command that scores one kind of checkpoint; `{}` in its title stands for the checkpoint."""

    @app.command(name, help=summary)
    def score(
        corpus: Corpus,
        checkpoint: str = default,
        work: Work = Path("build/scored"),
        calibrate_on: CalibrateOn = _ALIGNED,
        layers_on: LayersOn = default_layers_on,
        threads: Threads = 0,
    ) -> None:
        tool = Tool(checkpoint, work, calibrate_on, layers_on, threads)
        try:  # all is measured before anything is printed
            lines = [
                title.format(f"`{checkpoint}`"),
                "",
                *table(tool, corpus),
                "",
                *_worst_lines(tool, builds),
            ]
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


_add_command(
    "recognizer",
    "Print error rates in every precision, and the layers that lose most, as Markdown.",
    default="mini",
    default_layers_on=Path("tests/clips"),
    title="Recogniser: {}, `edge-asr eval`; points above fp32 in the worse language.",
    builds=BUILDS,
    table=lambda tool, corpus: recognizer_lines(score_recognizer(tool, corpus, _say)),
)
_add_command(
    "aligner",
    "Print how many classes are equal in every precision, and the layers that lose most, as Markdown.",
    default="mini-aligner",
    default_layers_on=_ALIGNED,
    title="Aligner: {}, classes beside those of fp32 as in `edge-asr gate`.",
    builds=ALIGNER_BUILDS,
    table=lambda tool, corpus: aligner_lines(score_aligner(tool, corpus, _say)),
)


@app.command()
def head() -> None:
    """Print the title of a document: date and machine."""
    typer.echo(f"# Precisions on held-out speech, {datetime.now(timezone.utc):%Y-%m-%d}\n")
    typer.echo("\n".join(f"- {line}" for line in read_environment().lines()))


if __name__ == "__main__":
    app()
