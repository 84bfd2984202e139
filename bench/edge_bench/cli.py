"""Commands that `edge_bench` adds to `edge-asr`."""

from __future__ import annotations

from importlib.util import find_spec

import typer

from edge_bench.commands.bench import bench
from edge_bench.commands.bench_stream import bench_stream
from edge_bench.commands.calibrate import calibrate
from edge_bench.commands.evaluate import evaluate
from edge_bench.commands.evaluate_alignment import evaluate_alignment
from edge_bench.commands.evaluate_long import evaluate_long
from edge_bench.commands.evaluate_match import evaluate_match
from edge_bench.commands.evaluate_stream import evaluate_stream
from edge_bench.commands.evaluate_subtitles import evaluate_subtitles
from edge_bench.commands.gate import gate
from edge_bench.commands.judge_subtitles import judge_subtitles
from edge_bench.commands.roofline import roofline


def register(app: typer.Typer) -> None:
    """Add the commands; help leaves out those whose packages are missing, and they say which when called."""
    cannot_score = find_spec("kaldialign") is None
    app.command("bench")(bench)
    app.command("bench-stream")(bench_stream)
    app.command("eval", hidden=cannot_score)(evaluate)
    app.command("eval-align")(evaluate_alignment)
    app.command("eval-long", hidden=cannot_score)(evaluate_long)
    app.command("eval-stream", hidden=cannot_score)(evaluate_stream)
    cannot_read = find_spec("pysubs2") is None
    app.command("eval-subtitles", hidden=cannot_read)(evaluate_subtitles)
    app.command("judge-subtitles", hidden=cannot_read)(judge_subtitles)
    app.command("eval-match")(evaluate_match)
    app.command("gate", hidden=cannot_score)(gate)
    app.command("calibrate", hidden=cannot_score)(calibrate)
    app.command("roofline")(roofline)
