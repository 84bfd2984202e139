"""`edge-asr run` on long recordings: the flags, and streams that are longer than the bundle takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile

from edge_runtime.errors import ExitCode
from tests.support.command import Command
from tests.support.tiny_bundle import SPEECH_TEXT, tone

RATE = 16_000


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "long.wav"
    soundfile.write(path, tone(50 * RATE), RATE)
    return path


@pytest.mark.parametrize("is_stream", [False, True])
def test_a_recording_longer_than_the_bundle_takes_becomes_text(
    command: Command, recording: Path, tiny_bundle: Path, *, is_stream: bool
) -> None:
    name, stdin = ("-", recording.read_bytes()) if is_stream else (recording, b"")
    outcome = command("run", name, "-m", tiny_bundle, "--json", "--segment-sec", 10, stdin=stdin)
    document = json.loads(outcome.out)
    assert document["audio"]["duration_s"] == 50
    assert (document["status"], document["covered_s"]) == ("ok", 50)
    assert len(document["segments"]) == document["text"].count(SPEECH_TEXT) >= 5


def test_clips_are_taken_by_their_seconds(command: Command, recording: Path, tiny_bundle: Path) -> None:
    flags = ("--clip-timestamps", "1,2.5,40", "--memory-budget", 1, "--no-vad")
    segments = json.loads(command("run", recording, "-m", tiny_bundle, "--json", *flags).out)["segments"]
    assert [(one["start"], one["end"]) for one in segments] == [(1, 2.5), (40, 50)]


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (("--clip-timestamps", "now"), "give seconds"),
        (("--clip-timestamps", "3,1"), "ascending"),
        (("--segment-sec", 0.5), "segment_sec is 0.5"),
        (("--vad-threshold", 0.2, "--vad-neg-threshold", 0.4), "neg_threshold"),
    ],
)
def test_flags_that_cannot_be_meant_are_refused(
    command: Command, recording: Path, tiny_bundle: Path, flags: tuple[object, ...], reason: str
) -> None:
    outcome = command("run", recording, "-m", tiny_bundle, *flags)
    assert outcome.code == ExitCode.USAGE
    assert reason in outcome.err
