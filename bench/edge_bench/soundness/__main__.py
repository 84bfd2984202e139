"""Whether the bench's figures can be trusted: `python -m edge_bench.soundness --help`."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Final

import typer

from edge_bench.scoring.bars import parse_bars, require_cleared
from edge_bench.soundness.random_pairs import wrong_pairs
from edge_bench.soundness.repeated_bench import repeat_bench
from edge_runtime.errors import EdgeAsrError

_PAIRS: Final = 2_000
_SEED: Final = 22

app = typer.Typer(help=__doc__)


@app.command()
def main(
    clip: Annotated[Path, typer.Argument(help="The recording.")],
    model: Annotated[Path, typer.Option("--model", "-m", help="Bundle to measure several times.")],
    project: Annotated[
        list[Path] | None, typer.Option(help="Bundle whose step is projected; may be repeated.")
    ] = None,
    runs: Annotated[int, typer.Option(min=2, help="Measurements of the first bundle.")] = 10,
    tokens: Annotated[int, typer.Option(min=2, help="Tokens of each text that is projected.")] = 40,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 lets the back end choose.")] = 0,
    bar: Annotated[list[str] | None, typer.Option(help="NAME=VALUE; exit with 8 if missed.")] = None,
) -> None:
    """Measure the bench: its overhead, its word on unsteady machines, its projections, its error rates."""
    try:
        bars = parse_bars(bar or ())
        alike = ("--threads", str(threads))
        several = repeat_bench(runs, (clip, "--model", model, *alike))
        figures = {"overhead": several.overhead, "unstable": float(several.num_unstable)}
        errors = []
        for bundle in project or ():
            flags = ("--roofline", "--max-new-tokens", str(tokens))
            single = repeat_bench(1, (clip, "--model", bundle, *alike, *flags))
            errors.append(single.projection_error)
            typer.echo(f"{bundle}: projected step off by {single.projection_error:.1f} %")
            figures["overhead"] = max(figures["overhead"], single.overhead)
        if errors:
            figures["projection_error"] = max(errors)
        figures["wrong_wer"] = float(wrong_pairs(import_module("jiwer"), _PAIRS, _SEED))
        typer.echo("scores: " + " ".join(f"{name}={value:.4g}" for name, value in figures.items()))
        require_cleared(bars, figures)
    except EdgeAsrError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    app()
