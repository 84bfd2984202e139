"""What the commands of recogniser and aligner share."""

# ruff: noqa: S311 -- seeded draws are the point: nothing here is secret.
from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

import typer

from edge_mini import features
from edge_mini.corpus import Utterance
from edge_mini.features import Sample
from edge_mini.synthesis import check_engines
from edge_mini.trainer import Run, Schedule, Task, train

SEED = 7
Seed = Annotated[int, typer.Option(help="Gives the same list of sentences, voices and noises every time.")]
Minutes = Annotated[float, typer.Option(help="Wall-clock training time.")]
PeakRate = Annotated[float, typer.Option(help="Highest learning rate.")]
Processes = Annotated[int, typer.Option(help="How many clips to render at a time.")]
PerLanguage = Annotated[int, typer.Option(help="Clips with speech, for each language.")]


def report(line: str) -> None:
    """Tell how far it is."""
    print(line, file=sys.stderr, flush=True)


def store_features(
    utterances: Iterable[Utterance],
    make: Callable[[Utterance], Sample | None],
    data_dir: Path,
    seed: int,
    processes: int,
) -> None:
    """Render a corpus in random order, and store its features."""
    check_engines()
    shuffled = list(utterances)
    random.Random(seed).shuffle(shuffled)
    total_s = features.write_shards(shuffled, make, data_dir, processes, report)
    report(f"{len(shuffled)} clips, {total_s / 3600:.2f} h")


def run_training(
    make_task: Callable[[], Task],
    data_dir: Path,
    output_dir: Path,
    seed: int,
    schedule: Schedule,
    state_name: str = "state.pt",
) -> None:
    """Train on stored features; goes on from the state in `data_dir` if an earlier run left one there."""
    # Room for the kernels of every batch shape; with the default of 1024 they would be compiled ever again.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16384")
    train(
        Run(
            make_task=make_task,
            schedule=schedule,
            seed=seed,
            state_path=data_dir / state_name,
            output_dir=output_dir,
            write=report,
        )
    )
