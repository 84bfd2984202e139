"""`edge-asr eval-long`, on a bundle whose answers are planted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile

from edge_runtime.errors import ExitCode
from tests.support.command import Command
from tests.support.tiny_bundle import SPEECH_TEXT, tone

NAMES = ("wer_gap", "noise_gap", "last_words", "loops_stopped", "honest_kept", "packed_gap", "short_gap")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "tone.wav", tone(16_000), 16_000)
    clip = {"id": "one", "audio": "tone.wav", "text": SPEECH_TEXT, "language": "English"}
    path = tmp_path / "corpus.jsonl"
    path.write_text(json.dumps(clip))
    return path


@pytest.mark.parametrize(
    ("bar", "code"), [("honest_kept=99.5", ExitCode.OK), ("honest_kept=99.6", ExitCode.CHECK_FAILED)]
)
def test_figures_of_other_scores_are_on_the_line_and_held_to_bars(
    command: Command, corpus: Path, tiny_bundle: Path, bar: str, code: ExitCode
) -> None:
    figures = corpus.with_name("figures.txt")
    figures.write_text("loops_stopped=100.0 honest_kept=99.5\n")
    flags = ("--minutes", 0.1, "--seeds", 1, "--figures", figures, "--bar", bar)
    outcome = command("eval-long", corpus, "-m", tiny_bundle, *flags)
    last = outcome.out.splitlines()[-1].split()
    assert outcome.code == code
    assert (last[0], tuple(one.partition("=")[0] for one in last[1:])) == ("scores:", NAMES)
    assert "honest_kept=99.50" in last


def test_figures_that_are_none_are_refused_before_anything_is_transcribed(
    command: Command, corpus: Path, tiny_bundle: Path
) -> None:
    outcome = command("eval-long", corpus, "-m", tiny_bundle, "--figures", corpus)
    assert outcome.code == ExitCode.USAGE
    assert "write NAME=VALUE" in outcome.err
    assert outcome.out == ""
