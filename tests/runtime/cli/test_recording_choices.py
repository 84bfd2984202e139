"""Choices about a recording: what `run` and `align` say of it, and the flags that change how it is read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.support.command import Command
from tests.support.tiny_bundle import SPEECH_TEXT, tone

RATE = 16_000


@pytest.fixture
def opposite(tmp_path: Path) -> Path:
    path = tmp_path / "opposite.wav"
    soundfile.write(path, np.stack([tone(2 * RATE), -tone(2 * RATE)], axis=1), RATE, subtype="FLOAT")
    return path


@pytest.fixture
def cut(clip: Path) -> Path:
    data = clip.read_bytes()
    clip.write_bytes(data[: len(data) * 3 // 4])
    return clip


def test_cancelling_channels_are_a_warning_that_names_the_flag(
    command: Command, tiny_bundle: Path, opposite: Path
) -> None:
    outcome = command("run", opposite, "--model", tiny_bundle, "--json")
    assert "--channel 1" in outcome.err
    document = json.loads(outcome.out)
    assert document["no_speech"]
    assert [warning["code"] for warning in document["warnings"]] == ["channels_cancel"]


@pytest.mark.parametrize("by_stdin", [False, True])
def test_one_channel_is_taken_alone(
    command: Command, tiny_bundle: Path, opposite: Path, *, by_stdin: bool
) -> None:
    audio, stdin = ("-", opposite.read_bytes()) if by_stdin else (opposite, b"")
    outcome = command("run", audio, "--model", tiny_bundle, "--channel", "2", stdin=stdin)
    assert (outcome.code, outcome.out, outcome.err) == (0, f"{SPEECH_TEXT}\n", "")


def test_a_cut_recording_is_refused_and_names_the_flag(
    command: Command, tiny_bundle: Path, cut: Path
) -> None:
    outcome = command("run", cut, "--model", tiny_bundle)
    assert outcome.code == 4
    assert "damaged: it holds" in outcome.error
    assert "--salvage" in outcome.error


def test_salvage_takes_it_and_says_what_is_missing(command: Command, tiny_bundle: Path, cut: Path) -> None:
    outcome = command("run", cut, "--model", tiny_bundle, "--salvage")
    assert (outcome.code, outcome.out) == (0, f"{SPEECH_TEXT}\n")
    assert "warning" in outcome.err
    assert "bytes of samples that it declares" in outcome.err


def test_with_strict_a_salvaged_recording_fails(command: Command, tiny_bundle: Path, cut: Path) -> None:
    assert command("run", cut, "--model", tiny_bundle, "--salvage", "--strict").code == 8


def test_words_are_timed_in_the_samples_that_were_recognized(
    command: Command, tiny_bundle: Path, tiny_aligner_bundle: Path, cut: Path
) -> None:
    bundles = ["--model", tiny_bundle, "--aligner", tiny_aligner_bundle]
    outcome = command("run", cut, *bundles, "--salvage", "--word-timestamps", "--json")
    document = json.loads(outcome.out)
    assert document["words"]
    assert [warning["code"] for warning in document["warnings"]].count("partial") == 1
    assert document["status"] == "partial"


def test_align_takes_the_same_flags(command: Command, tiny_aligner_bundle: Path, cut: Path) -> None:
    request = [
        "align",
        cut,
        "--text",
        "Hello tiny world.",
        "--language",
        "en",
        "--model",
        tiny_aligner_bundle,
    ]
    assert command(*request).code == 4
    outcome = command(*request, "--salvage")
    assert outcome.code == 0
    assert "partial" in {warning["code"] for warning in json.loads(outcome.out)["warnings"]}
