"""Command line: synthesise the corpus, train the checkpoint, render the held-out set."""

# ruff: noqa: S311 -- seeded draws are the point: nothing here is secret.
from __future__ import annotations

import argparse
import json
import os
import random
import sys
from dataclasses import asdict
from pathlib import Path

from edge_mini import clips, corpus, features, heldout, scoring
from edge_mini.synthesis import check_engines
from edge_mini.training import Recipe, train


def main() -> None:
    """Run one subcommand."""
    options = _parser().parse_args()
    options.run(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m edge_mini", description=__doc__)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser(
        "synthesise", help="render the training corpus and store its log-mel features"
    )
    command.add_argument("--data-dir", type=Path, default=Path("build/mini-data"))
    command.add_argument("--seed", type=int, default=7)
    command.add_argument("--speech-per-language", type=int, default=12_000)
    command.add_argument("--no-speech", type=int, default=2_000)
    command.add_argument("--processes", type=int, default=2)
    command.set_defaults(run=_synthesise)
    command = commands.add_parser("train", help="train on the stored features and export the checkpoint")
    command.add_argument("--data-dir", type=Path, default=Path("build/mini-data"))
    command.add_argument("--output-dir", type=Path, default=Path("engines/checkpoints/mini"))
    command.add_argument("--seed", type=int, default=7)
    command.add_argument("--minutes", type=float, default=60.0, help="wall-clock training time")
    command.set_defaults(run=_train)
    command = commands.add_parser("heldout", help="render the held-out set as sound files with a manifest")
    command.add_argument("--output-dir", type=Path, required=True)
    command.add_argument("--seed", type=int, default=7)
    command.add_argument("--speech-per-language", type=int, default=150)
    command.add_argument("--no-speech", type=int, default=72)
    command.add_argument("--processes", type=int, default=2)
    command.set_defaults(run=_heldout)
    command = commands.add_parser(
        "score", help="transcribe a held-out set with transformers and print error rates"
    )
    command.add_argument("--heldout-dir", type=Path, required=True)
    command.add_argument("--checkpoint", type=Path, default=Path("engines/checkpoints/mini"))
    command.add_argument("--errors", action="store_true", help="also list the clips that are not exact")
    command.set_defaults(run=_score)
    command = commands.add_parser("clips", help="choose the clips that are committed with the tests")
    command.add_argument("--heldout-dir", type=Path, required=True)
    command.add_argument("--checkpoint", type=Path, default=Path("engines/checkpoints/mini"))
    command.add_argument("--output-dir", type=Path, default=Path("tests/clips"))
    command.set_defaults(run=_clips)
    return parser


def _synthesise(options: argparse.Namespace) -> None:
    check_engines()
    utterances = list(corpus.plan("train", options.seed, options.speech_per_language, options.no_speech))
    random.Random(options.seed).shuffle(utterances)
    total_s = features.write_shards(utterances, options.data_dir, options.processes, _report)
    _report(f"{len(utterances)} clips, {total_s / 3600:.2f} h")


def _train(options: argparse.Namespace) -> None:
    # Room for the kernels of every batch shape; with the default of 1024 they would be compiled ever again.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16384")
    train(Recipe(options.seed, options.minutes), options.data_dir, options.output_dir, _report)


def _heldout(options: argparse.Namespace) -> None:
    check_engines()
    recordings = heldout.write_heldout(
        options.output_dir, options.seed, options.speech_per_language, options.no_speech, options.processes
    )
    total_s = sum(recording.duration_s for recording in recordings)
    _report(f"{len(recordings)} clips, {total_s / 60:.1f} min")


def _score(options: argparse.Namespace) -> None:
    answers = scoring.transcribe(
        options.checkpoint, options.heldout_dir, heldout.read_manifest(options.heldout_dir)
    )
    if options.errors:
        for answer in answers:
            wanted = answer.recording
            if (wanted.language, wanted.text) != (answer.language, answer.text):
                print(f"{wanted.id} {wanted.voice} {wanted.noise}", wanted.text, answer.text, sep="\n  ")
    print(json.dumps(asdict(scoring.score(answers)), indent=2))


def _clips(options: argparse.Namespace) -> None:
    recordings = heldout.read_manifest(options.heldout_dir)
    answers = scoring.transcribe(options.checkpoint, options.heldout_dir, recordings)
    count = clips.write_clips(answers, options.heldout_dir, options.output_dir)
    _report(f"{count} clips in {options.output_dir}")


def _report(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
