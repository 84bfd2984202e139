"""`python -m edge_export.tuning.layers`: list the layers that lose most in a precision."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from edge_export.calibration.recordings import read_recordings
from edge_export.checkpoint.checkpoint import read_checkpoint
from edge_export.checkpoint.source import HubOptions, resolve
from edge_export.graphs.export_config import export_config
from edge_export.quantize.plans import PRECISIONS
from edge_export.tuning.layers.listing import layer_errors
from edge_export.tuning.layers.table import table_lines
from edge_runtime.errors import EdgeAsrError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge_export.graph_spec import Lowering

_LOWERINGS = ("modern", "ort")


def main(
    calibrate_on: Annotated[
        Path,
        typer.Option(metavar="PATH", help="Recordings: a folder, a list, or a file; an aligner needs texts."),
    ],
    precision: Annotated[str, typer.Option(help=f"One of {', '.join(PRECISIONS)}.")],
    checkpoint: Annotated[str, typer.Option(help="As of `edge-asr build-engines`.")] = "mini",
    lowering: Annotated[
        str | None, typer.Option(help="modern or ort; by default what a bundle of the precision has.")
    ] = None,
    max_rows: Annotated[
        int | None, typer.Option("--most", min=1, help="Rows to print; all by default.")
    ] = None,
) -> None:
    """List every matrix of a checkpoint by the error that a precision brings to its product."""
    try:
        for line in _lines(checkpoint, precision, lowering, calibrate_on, max_rows):
            typer.echo(line)
    except EdgeAsrError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


def _lines(
    checkpoint: str, precision: str, lowering: str | None, calibrate_on: Path, max_rows: int | None
) -> Iterator[str]:
    if precision not in PRECISIONS:
        raise UsageError(f"--precision {precision!r} is unknown; choose {' or '.join(PRECISIONS)}.")
    if lowering is not None and lowering not in _LOWERINGS:
        raise UsageError(f"--lowering {lowering!r} is unknown; choose {' or '.join(_LOWERINGS)}.")
    loaded = read_checkpoint(resolve(checkpoint, HubOptions()))
    export = export_config(
        precision,
        cast("Lowering | None", lowering),
        kind=loaded.config.kind,
        num_layers=loaded.config.text.num_layers,
    )
    yield from table_lines(layer_errors(loaded, export, read_recordings(calibrate_on)), max_rows)


if __name__ == "__main__":
    typer.run(main)
