"""`edge-asr eval-stream`, on a bundle whose answers are planted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile

from edge_bench.scoring.stream.scores import DEFINITIONS
from edge_bench.scoring.stream.work import Work, official_work
from edge_runtime.errors import ExitCode
from tests.support.command import Command
from tests.support.tiny_bundle import SPEECH_TEXT, tone


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "tone.wav", tone(32_000), 16_000)
    clip = {"id": "one", "audio": "tone.wav", "text": SPEECH_TEXT, "language": "English"}
    path = tmp_path / "corpus.jsonl"
    path.write_text(json.dumps(clip))
    return path


def test_the_scores_are_a_line_and_held_to_bars(command: Command, corpus: Path, tiny_bundle: Path) -> None:
    flags = ("--clips", 1, "--streams", 1, "--minutes", 0.1, "--continuous-minutes", 0, "--work-minutes", 1)
    outcome = command("eval-stream", corpus, "-m", tiny_bundle, *flags, "--bar", "exact=100")
    streams, work, scores = outcome.out.splitlines()
    smaller = min(float(word.partition("=")[2]) for word in work.split() if word.startswith("less_pauses_"))
    assert f"less_pauses={smaller:.2f}" in scores.split()
    assert streams.startswith("streams: exact=100.00 ")
    names = [word.partition("=")[0] for word in scores.split()[1:]]
    assert names == [name for name in DEFINITIONS if name != "minute10"]
    assert outcome.code == ExitCode.OK


def test_definitions_need_no_list(command: Command) -> None:
    outcome = command("eval-stream", "--definitions")
    assert [line.partition(":")[0] for line in outcome.out.splitlines()] == list(DEFINITIONS)


def test_without_a_list_it_is_said_what_is_missing(command: Command) -> None:
    assert "Give a LIST" in command("eval-stream").error


def test_the_official_scheme_begins_anew_every_two_seconds() -> None:
    # 2, 4 and 6 s: 12 s of frames at 100, of tokens at 13, and three prompts of 15.
    assert official_work(6.5, 0.0) == Work(1200, 12 * 13 + 45)
    # Of 4, 8 and 12 tokens of text, 3 and 7 are put behind the audio again.
    assert official_work(6.5, 2.0) == Work(1200, 12 * 13 + 45 + 10)
    assert official_work(6.0, 0.0).ratio(Work(400, 67)) == Work(3, 3)
