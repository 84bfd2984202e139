"""Commands that `edge_bench` adds to `edge-asr`."""

from __future__ import annotations

import typer

from edge_bench.evaluate import evaluate
from edge_bench.evaluate_alignment import evaluate_alignment
from edge_bench.gate_command import gate
from edge_bench.roofline_command import roofline
from edge_bench.speed_command import bench


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("bench")(bench)
    app.command("eval")(evaluate)
    app.command("eval-align")(evaluate_alignment)
    app.command("gate")(gate)
    app.command("roofline")(roofline)
