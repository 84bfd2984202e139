"""Streams of other programs beside ours: `python -m edge_bench.peers.streams --help`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Annotated

import soundfile
import typer

from edge_bench.peers.streams.stream_cost import StreamCost, cost_of
from edge_bench.speed.environment import read_environment

_MODULES = "edge_bench.peers.streams"
OURS = "edge-asr"


def main(
    wav: Annotated[Path, typer.Argument(help="The recording: 16-bit mono at 16 kHz.")],
    bundle: Annotated[Path, typer.Option(help="Ours, of random weights or true ones.")],
    texts_of: Annotated[Path, typer.Option(help="Bundle whose texts are planted in ours.")],
    checkpoint: Annotated[Path, typer.Option(help="The same weights in the authors' layout.")],
    antirez: Annotated[Path | None, typer.Option(help="Program `qwen_asr`, built with BLAS.")] = None,
    crispasr: Annotated[
        Path | None, typer.Option(help="GGUF file; PYTHONPATH has the package `crispasr`.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads of each.")] = 2,
    rounds: Annotated[int, typer.Option(min=1, help="How often each runs, in turn.")] = 1,
) -> None:
    """Stream a recording through each program in turn; print processor seconds for a second of audio."""
    commands: dict[str, list[object]] = {OURS: ["ours", bundle, texts_of]}
    if antirez is not None:
        commands["antirez"] = ["antirez", antirez, checkpoint]
    if crispasr is not None:
        commands["crispasr"] = ["crispasr", crispasr]
    costs: dict[str, list[StreamCost]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, (module, *arguments) in commands.items():
            outcome = run([f"{_MODULES}.{module}", *arguments, wav.absolute(), threads], threads)
            if isinstance(outcome, str):
                typer.echo(f"{name}: {outcome}", err=True)
            else:
                costs[name].append(outcome)
    for line in (*read_environment().lines(), "", *table(costs, soundfile.info(wav).duration)):
        typer.echo(line)


def run(command: Sequence[object], threads: int) -> StreamCost | str:
    """Run a module in a process of its own; return its cost, or why there is none."""
    # Threads that spin while they wait would be counted as work.
    limits = {
        "OMP_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
        "OMP_WAIT_POLICY": "passive",
    }
    completed = subprocess.run(  # noqa: S603  # our own modules
        [sys.executable, "-m", *map(str, command)],
        env={**os.environ, **limits},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if completed.returncode:
        lines = [line for line in completed.stderr.splitlines() if line.strip()] or ["it wrote nothing"]
        return f"its process ended with {completed.returncode}: {lines[-1].strip()}"
    return cost_of(completed.stdout.splitlines()[-1])


def table(costs: Mapping[str, Sequence[StreamCost]], audio_s: float) -> list[str]:
    """Return a Markdown table: medians over the rounds, and how many times ours each takes."""
    ours = median(cost.processor_s for cost in costs[OURS]) if costs.get(OURS) else None
    lines = [
        "| program | processor s | for a second of audio | times ours | tokens | characters | rounds |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, runs in costs.items():
        if not runs:
            lines.append(f"| {name} | - | - | - | - | - | 0 |")
            continue
        spent, last = median(cost.processor_s for cost in runs), runs[-1]
        times = "-" if ours is None else f"{spent / ours:.2f}"
        tokens = "-" if last.num_tokens is None else last.num_tokens
        cells = (f"{spent:.1f}", f"{spent / audio_s:.2f}", times, tokens, last.num_chars, len(runs))
        lines.append(f"| {name} | {' | '.join(map(str, cells))} |")
    return lines


if __name__ == "__main__":
    typer.run(main)
