"""Commands that `edge_bench` adds to `edge-asr`."""

from __future__ import annotations

import typer

from edge_bench.commands.bench import bench
from edge_bench.commands.evaluate import evaluate
from edge_bench.commands.evaluate_alignment import evaluate_alignment
from edge_bench.commands.gate import gate
from edge_bench.commands.roofline import roofline
from edge_runtime.cli.extras import add_command


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("bench")(bench)
    add_command(app, "eval", evaluate, "bench")
    app.command("eval-align")(evaluate_alignment)
    add_command(app, "gate", gate, "bench")
    app.command("roofline")(roofline)
