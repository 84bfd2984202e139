"""The same for the mini aligner: speech with known times, training, held-out set."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from edge_mini import alignment, pairs, timed_heldout
from edge_mini.command_options import (
    SEED,
    Minutes,
    PeakRate,
    PerLanguage,
    Processes,
    Seed,
    report,
    run_training,
    store_features,
)
from edge_mini.synthesis import check_engines
from edge_mini.timed_corpus import plan_timed
from edge_mini.trainer import PEAK_RATE, Schedule

app = typer.Typer(help=__doc__, no_args_is_help=True)

_DATA, _CHECKPOINT = Path("build/mini-aligner-data"), Path("engines/checkpoints/mini-aligner")


@app.command()
def synthesise(
    data_dir: Path = _DATA,
    seed: Seed = SEED,
    speech_per_language: PerLanguage = 4_000,
    processes: Processes = 2,
) -> None:
    """Render the training corpus and store its log-mel features."""
    planned = plan_timed("train", seed, speech_per_language)
    store_features(planned, alignment.sample, data_dir, seed, processes)


@app.command()
def train(
    data_dir: Path = _DATA,
    output_dir: Path = _CHECKPOINT,
    start: Annotated[Path, typer.Option(help="Recogniser or aligner whose weights it starts from.")] = Path(
        "engines/checkpoints/mini"
    ),
    seed: Seed = SEED,
    minutes: Minutes = 90,
    peak_rate: PeakRate = PEAK_RATE,
) -> None:
    """Train on the stored features and export the checkpoint."""
    task = partial(alignment.Alignment, data_dir, start, seed)
    run_training(task, data_dir, output_dir, seed, Schedule(minutes, peak_rate))


@app.command()
def heldout(
    output_dir: Path,
    seed: Seed = SEED,
    speech_per_language: PerLanguage = 150,
    processes: Processes = 2,
) -> None:
    """Render the held-out set as sound files with a manifest."""
    check_engines()
    count = timed_heldout.write_timed(output_dir, seed, speech_per_language, processes)
    report(f"{count} clips")


@app.command(name="pairs")
def write_pairs(
    heldout_dir: Path,
    output_dir: Path,
    seed: Seed = SEED,
    per_wrong: Annotated[int, typer.Option(help="Pairs of each of the twelve wrong kinds.")] = 18,
    per_right: Annotated[int, typer.Option(help="Pairs of each of the five right kinds.")] = 66,
) -> None:
    """Write pairs of recordings and texts, right and wrong ones, of a held-out set."""
    report(f"{pairs.write_pairs(heldout_dir, output_dir, seed, per_wrong, per_right)} pairs")


@app.command()
def clips(heldout_dir: Path, output_dir: Path = Path("tests/aligned_clips")) -> None:
    """Choose the clips that are committed with the tests."""
    report(f"{timed_heldout.write_clips(heldout_dir, output_dir)} clips in {output_dir}")
