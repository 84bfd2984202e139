"""`edge-asr run --batch-size`: the same answers in the same order, sooner."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from edge_runtime.errors import ExitCode
from tests.support.command import Command
from tests.support.tiny_bundle import SPEECH_TEXT, tone

RATE = 16_000


@pytest.fixture
def recordings(tmp_path: Path) -> list[Path]:
    """Speech, silence, nothing, what is too long, and speech of several lengths."""
    contents = {
        "one.wav": tone(2 * RATE),
        "silence.wav": np.zeros(RATE),
        "long.wav": np.zeros(31 * RATE),
        "two.wav": tone(9 * RATE),
        "short.wav": tone(300),
    }
    for name, samples in contents.items():
        soundfile.write(tmp_path / name, samples, RATE)
    return [tmp_path / name for name in ("one.wav", "absent.wav", *contents, "two.wav")]


def untimed(line: str) -> dict[str, Any]:
    document = json.loads(line)
    document.pop("timing", None)
    return dict(document)


@pytest.mark.parametrize("batch_size", [2, 3, 16])
def test_a_batch_prints_what_one_after_the_other_prints(
    command: Command, recordings: list[Path], tiny_bundle: Path, batch_size: int
) -> None:
    arguments = ("run", *recordings, "-m", tiny_bundle, "--segment-sec", 0)
    single, batched = command(*arguments), command(*arguments, "--batch-size", batch_size)
    assert batched == single
    assert batched.code == ExitCode.SOME_INPUTS_FAILED
    assert batched.out.count(SPEECH_TEXT) == 5
    documents = [
        [untimed(line) for line in command(*arguments, "--json", *more).out.splitlines()]
        for more in ((), ("--batch-size", batch_size))
    ]
    assert documents[0] == documents[1]
    assert [document["schema"] for document in documents[1]].count("edge-asr/error@1") == 2


def test_standard_input_may_be_one_of_a_batch(
    command: Command, recordings: list[Path], tiny_bundle: Path
) -> None:
    clip = recordings[0]
    arguments = ("run", clip, "-", clip, "-m", tiny_bundle, "--batch-size", 2)
    outcome = command(*arguments, stdin=clip.read_bytes())
    assert outcome.out == f"{clip}\t{SPEECH_TEXT}\n-\t{SPEECH_TEXT}\n{clip}\t{SPEECH_TEXT}\n"
    outcome = command(*arguments)
    assert outcome.out == f"{clip}\t{SPEECH_TEXT}\n{clip}\t{SPEECH_TEXT}\n"
    assert "nothing on standard input" in outcome.err
    assert outcome.code == ExitCode.SOME_INPUTS_FAILED


def test_words_of_a_batch_are_timed_in_their_own_recording(
    command: Command, recordings: list[Path], tiny_bundle: Path, tiny_aligner_bundle: Path
) -> None:
    arguments = ("run", *recordings, "-m", tiny_bundle, "--aligner", tiny_aligner_bundle, "--json", "--quiet")
    single, batched = (command(*arguments, *more).out for more in ((), ("--batch-size", 4)))
    assert [untimed(line) for line in batched.splitlines()] == [untimed(line) for line in single.splitlines()]


def test_a_batch_of_none_is_a_wrong_flag(command: Command, tiny_bundle: Path) -> None:
    outcome = command("run", "x.wav", "-m", tiny_bundle, "--batch-size", 0)
    assert (outcome.code, outcome.out) == (ExitCode.USAGE, "")
