"""`python -m edge_export.tuning.search`: write a recipe of exceptions to int4."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from edge_export.calibration.recordings import read_recordings
from edge_export.quantize.recipe import recipe_toml
from edge_export.tuning.search.run import SearchOptions, search
from edge_runtime.errors import EdgeAsrError


def main(
    calibrate_on: Annotated[
        Path, typer.Option(metavar="PATH", help="Recordings: a folder, a list, or a file.")
    ],
    output: Annotated[Path, typer.Option(help="The recipe to write.")],
    checkpoint: Annotated[str, typer.Option(help="As of `edge-asr build-engines`.")] = "mini",
    budget: Annotated[
        float, typer.Option(help="Most bytes of the decoder's matrices, over those of all at four bits.")
    ] = 1.1,
    target: Annotated[
        float, typer.Option(help="Squared error of the logits, over that of the logits, that is good enough.")
    ] = 0.0,
) -> None:
    """Find the matrices of a decoder whose eight bits are worth their bytes, and write a recipe."""
    try:
        options = SearchOptions(checkpoint, read_recordings(calibrate_on), budget, target)
        recipe = search(options, lambda line: typer.echo(line, err=True))
    except EdgeAsrError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    output.write_text(recipe_toml(recipe), "utf-8")
    typer.echo(output)


if __name__ == "__main__":
    typer.run(main)
