"""Count decoder calls with drafts: `python -m edge_bench.drafts --help`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from edge_bench.drafts.measure import DraftBench, Measured
from edge_bench.scoring.bars import parse_bars, require_cleared
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.cli.inputs.text_source import read_file
from edge_runtime.errors import CheckFailedError, EdgeAsrError

app = typer.Typer(help=__doc__)


@app.command()
def main(
    corpus: Annotated[Path, typer.Argument(metavar="LIST", help="Recordings of the domain.")],
    draft_text: Annotated[Path, typer.Argument(metavar="TEXT", help="Sentences of the domain, one a line.")],
    models: Annotated[list[Path], typer.Option("--model", "-m", help="Bundle; may be repeated.")],
    general: Annotated[list[Path], typer.Option(help="Text that is not of the domain; may be repeated.")],
    bar: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Exit with 8 if missed, e.g. calls=0.55.")
    ] = None,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 lets the back end choose.")] = 0,
) -> None:
    """Compare tokens and calls with those of greedy steps; fail unless all tokens are equal."""
    try:
        bars = parse_bars(bar or ())
        text = read_file(draft_text, "TEXT")
        texts = {str(path): read_file(path, "--general") for path in general}
        for model in models:
            bundle = open_bundle(model)
            bench, precision = DraftBench(bundle, text, threads), bundle.manifest.precision
            domain, other = bench.on_recordings(corpus), bench.on_texts(texts)
            typer.echo("\n".join(_rows(precision, domain, other)))
            figures = _figures(precision, domain, other)
            line = " ".join(f"{name}={value:.3f}" for name, value in figures.items())
            typer.echo(f"scores: precision={precision} {line}")
            _require_equal(domain, other)
            require_cleared(bars, figures)
    except EdgeAsrError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


def _rows(precision: str, domain: Measured, other: Measured) -> list[str]:
    rows = [f"{precision}: draft, texts, calls, share of plain, cost"]
    for kind, measured in (("domain", domain), ("general", other)):
        for name, calls in measured.calls.items():
            figures = f"{calls.num_calls}, {measured.share(name):.3f}, {measured.cost(name, precision):.3f}"
            rows.append(f"{precision}: {kind} {name}, {measured.num_texts}, {figures}")
    return rows


def _figures(precision: str, domain: Measured, other: Measured) -> dict[str, float]:
    return {
        "exact": 100 * (1 - len(domain.different) / (3 * domain.num_texts)),
        "calls": domain.share("text"),
        "cost": domain.cost("text", precision),
        "growing": domain.share("growing"),
        "general_cost": other.cost("default", precision),
        "other_domain_cost": other.cost("text", precision),
    }


def _require_equal(domain: Measured, other: Measured) -> None:
    if different := domain.different + other.different:
        raise CheckFailedError(f"Tokens differ from those of steps alone: {', '.join(different)}.")


if __name__ == "__main__":
    app()
