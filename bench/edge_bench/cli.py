"""Commands that `edge_bench` adds to `edge-asr`."""

from __future__ import annotations

import typer

from edge_bench.commands.bench import bench
from edge_bench.commands.evaluate import evaluate
from edge_bench.commands.evaluate_alignment import evaluate_alignment
from edge_bench.commands.gate import gate
from edge_bench.commands.roofline import roofline


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("bench")(bench)
    app.command("eval")(evaluate)
    app.command("eval-align")(evaluate_alignment)
    app.command("gate")(gate)
    app.command("roofline")(roofline)
