"""Synthesise speech, train the mini recogniser on it, and score it on held-out speech."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from edge_mini import aligner_cli, clips, corpus, scoring, transcription, vad_trial
from edge_mini import heldout as heldout_set
from edge_mini.bilingual import bilingual_sample, plan_bilingual
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
from edge_mini.cut_clips import timed_sample
from edge_mini.heldout_variants import write_variants
from edge_mini.sentences import join_sentences
from edge_mini.synthesis import check_engines
from edge_mini.timed_corpus import plan_timed
from edge_mini.trainer import Schedule

main = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)
main.add_typer(aligner_cli.app, name="aligner")

_WINDOWS_RATE = 9e-4
_DATA, _CHECKPOINT = Path("build/mini-data"), Path("engines/checkpoints/mini")
_CLIPS = Path("build/mini-clips")


@main.command()
def synthesise(
    data_dir: Path = _DATA,
    seed: Seed = SEED,
    speech_per_language: PerLanguage = 12_000,
    no_speech: int = 10_000,
    bilingual: int = 3_000,
    timed_per_language: int = 2_000,
    processes: Processes = 2,
) -> None:
    """Render the training corpus, with clips of two languages and clips with times; store its features."""
    planned = corpus.plan("train", seed, speech_per_language, no_speech)
    store_features(planned, transcription.sample, data_dir, seed, processes)
    mixed = plan_bilingual("train", seed, bilingual)
    store_features(mixed, bilingual_sample, data_dir / transcription.BILINGUAL, seed, processes)
    timed = plan_timed("train", seed, timed_per_language)
    store_features(timed, timed_sample, data_dir / transcription.TIMED, seed, processes)


@main.command()
def train(
    data_dir: Path = _DATA, output_dir: Path = _CHECKPOINT, seed: Seed = SEED, minutes: Minutes = 150
) -> None:
    """Train on the stored features and export the checkpoint."""
    task = partial(transcription.Transcription, data_dir, seed)
    run_training(task, data_dir, output_dir, seed, Schedule(minutes))


@main.command("train-windows")
def train_windows(
    data_dir: Path = _DATA,
    output_dir: Path = _CHECKPOINT,
    start: Annotated[Path, typer.Option(help="Checkpoint of the first stage; not OUTPUT_DIR.")] = _CLIPS,
    seed: Seed = SEED,
    minutes: Minutes = 110,
    peak_rate: PeakRate = _WINDOWS_RATE,
) -> None:
    """Second stage: train on joined windows too, from the weights of the first, and export the checkpoint."""
    task = partial(transcription.Transcription, data_dir, seed, start)
    schedule = Schedule(minutes, peak_rate, warm_up=0.04, fall=0.7)
    run_training(task, data_dir, output_dir, seed, schedule, "state-windows.pt")


@main.command()
def heldout(
    output_dir: Path,
    seed: Seed = SEED,
    speech_per_language: PerLanguage = 150,
    no_speech: int = 72,
    sounds: int = 300,
    processes: Processes = 2,
) -> None:
    """Render the held-out set as sound files with a manifest, and a list of recordings made of it."""
    check_engines()
    recordings = heldout_set.write_heldout(output_dir, seed, speech_per_language, no_speech, processes)
    total_s = sum(recording.duration_s for recording in recordings)
    made = write_variants(output_dir, recordings, seed, sounds)
    report(f"{len(recordings)} clips, {total_s / 60:.1f} min; {made} made of them or of sounds")


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


@main.command("score-vad")
def score_vad(
    heldout_dir: Annotated[Path, typer.Argument(help="Clips with times, of `edge_mini aligner heldout`.")],
    bundle: Path,
    snr_db: Annotated[float, typer.Option(help="Of the noise in the pauses, below the speech.")] = 20.0,
    seeds: Annotated[int, typer.Option(help="Of pauses and noises.")] = 3,
) -> None:
    """Find speech in joined clips with a bundle's detector, and print how much was missed or made up."""
    scores = vad_trial.run_trial(heldout_dir, bundle, snr_db, seeds)
    print("scores:", " ".join(f"vad_{name}={value:.2f}" for name, value in asdict(scores).items()))


@main.command()
def texts(output_file: Path, seed: Seed = SEED, per_language: PerLanguage = 1_100) -> None:
    """Write sentences of the training corpus, one clip's a line: a draft text of the domain."""
    lines = [
        join_sentences(utterance.sentences, utterance.language)
        for utterance in corpus.plan("train", seed, per_language, 0)
        if utterance.language is not None
    ]
    output_file.parent.mkdir(parents=True, exist_ok=True)
    output_file.write_text("\n".join(lines) + "\n", "utf-8")
    report(f"{len(lines)} texts in {output_file}")


@main.command("clips")
def choose_clips(
    heldout_dir: Path, checkpoint: Path = _CHECKPOINT, output_dir: Path = Path("tests/clips")
) -> None:
    """Choose the clips that are committed with the tests."""
    recordings = heldout_set.read_manifest(heldout_dir)
    answers = scoring.transcribe(checkpoint, heldout_dir, recordings)
    count = clips.write_clips(answers, heldout_dir, output_dir)
    report(f"{count} clips in {output_dir}")
