"""Count decoder calls with drafts: `python -m edge_bench.drafts --help`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from edge_bench.drafts.measure import DraftBench, Measured
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
    max_calls: Annotated[float, typer.Option(help="Most calls with the text, as a share.")] = 0.55,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 lets the back end choose.")] = 0,
) -> None:
    """Compare tokens and calls with those of greedy steps; fail unless all are equal and calls few."""
    try:
        text = read_file(draft_text, "TEXT")
        texts = {str(path): read_file(path, "--general") for path in general}
        for model in models:
            bundle = open_bundle(model)
            bench, precision = DraftBench(bundle, text, threads), bundle.manifest.precision
            domain, other = bench.on_recordings(corpus), bench.on_texts(texts)
            typer.echo("\n".join(_rows(precision, domain, other)))
            typer.echo(_summary(precision, domain, other))
            _require(domain, other, max_calls)
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


def _summary(precision: str, domain: Measured, other: Measured) -> str:
    exact = 100 * (1 - len(domain.different) / (3 * domain.num_texts))
    return (
        f"scores: precision={precision} exact={exact:.2f} calls={domain.share('text'):.3f} "
        f"cost={domain.cost('text', precision):.3f} growing={domain.share('growing'):.3f} "
        f"general_cost={other.cost('default', precision):.3f} "
        f"other_domain_cost={other.cost('text', precision):.3f}"
    )


def _require(domain: Measured, other: Measured, max_calls: float) -> None:
    if different := domain.different + other.different:
        raise CheckFailedError(f"Tokens differ from those of steps alone: {', '.join(different)}.")
    if domain.share("text") > max_calls:
        raise CheckFailedError(
            f"Calls with the text are {domain.share('text'):.3f} of plain ones, not {max_calls}."
        )
    if max(domain.cost("default", "int8"), other.cost("default", "int8"), other.cost("text", "int8")) > 1:
        raise CheckFailedError("Drafts cost more than the steps that they save.")


if __name__ == "__main__":
    app()
