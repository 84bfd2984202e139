"""Synthesise speech, train the mini recogniser on it, and score it on held-out speech."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from edge_mini import aligner_cli, clips, corpus, scoring, transcription
from edge_mini import heldout as heldout_set
from edge_mini.command_options import (
    SEED,
    Minutes,
    PerLanguage,
    Processes,
    Seed,
    report,
    run_training,
    store_features,
)
from edge_mini.synthesis import check_engines
from edge_mini.trainer import Schedule

main = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)
main.add_typer(aligner_cli.app, name="aligner")

_DATA, _CHECKPOINT = Path("build/mini-data"), Path("engines/checkpoints/mini")


@main.command()
def synthesise(
    data_dir: Path = _DATA,
    seed: Seed = SEED,
    speech_per_language: PerLanguage = 12_000,
    no_speech: int = 7_000,
    processes: Processes = 2,
) -> None:
    """Render the training corpus and store its log-mel features."""
    planned = corpus.plan("train", seed, speech_per_language, no_speech)
    store_features(planned, transcription.sample, data_dir, seed, processes)


@main.command()
def train(
    data_dir: Path = _DATA, output_dir: Path = _CHECKPOINT, seed: Seed = SEED, minutes: Minutes = 150
) -> None:
    """Train on the stored features and export the checkpoint."""
    task = partial(transcription.Transcription, data_dir, seed)
    run_training(task, data_dir, output_dir, seed, Schedule(minutes))


@main.command()
def heldout(
    output_dir: Path,
    seed: Seed = SEED,
    speech_per_language: PerLanguage = 150,
    no_speech: int = 72,
    processes: Processes = 2,
) -> None:
    """Render the held-out set as sound files with a manifest."""
    check_engines()
    recordings = heldout_set.write_heldout(output_dir, seed, speech_per_language, no_speech, processes)
    total_s = sum(recording.duration_s for recording in recordings)
    report(f"{len(recordings)} clips, {total_s / 60:.1f} min")


@main.command()
def score(
    heldout_dir: Path,
    checkpoint: Path = _CHECKPOINT,
    errors: Annotated[bool, typer.Option("--errors", help="Also list the clips that are not exact.")] = False,
) -> None:
    """Transcribe a held-out set with transformers and print error rates."""
    answers = scoring.transcribe(checkpoint, heldout_dir, heldout_set.read_manifest(heldout_dir))
    for answer in answers if errors else ():
        wanted = answer.recording
        if (wanted.language, wanted.text) != (answer.language, answer.text):
            print(f"{wanted.id} {wanted.voice} {wanted.noise}", wanted.text, answer.text, sep="\n  ")
    print(json.dumps(asdict(scoring.score(answers)), indent=2))


@main.command("clips")
def choose_clips(
    heldout_dir: Path, checkpoint: Path = _CHECKPOINT, output_dir: Path = Path("tests/clips")
) -> None:
    """Choose the clips that are committed with the tests."""
    recordings = heldout_set.read_manifest(heldout_dir)
    answers = scoring.transcribe(checkpoint, heldout_dir, recordings)
    count = clips.write_clips(answers, heldout_dir, output_dir)
    report(f"{count} clips in {output_dir}")
