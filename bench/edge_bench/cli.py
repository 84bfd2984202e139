"""Commands that `edge_bench` adds to `edge-asr`."""

from __future__ import annotations

import typer

from edge_bench.evaluate import evaluate


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("eval")(evaluate)
