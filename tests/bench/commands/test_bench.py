"""`edge-asr bench`, on a bundle whose answers are planted."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import soundfile

from edge_runtime.errors import ExitCode
from tests.bench.support.speed import SCHEMA
from tests.support.command import Command
from tests.support.manifests import MAX_AUDIO_S
from tests.support.tiny_bundle import LOOP_ANSWER, SPEECH_ANSWER, write_tiny_bundle

NUM_TOKENS = len(SPEECH_ANSWER) - 1
"""The last one ends the answer."""


def test_json_follows_the_published_schema(command: Command, tiny_bundle: Path, clip: Path) -> None:
    outcome = command("bench", clip, "-m", tiny_bundle, "--json", "--repeats", 2, "--warm-up", 0)
    document = json.loads(outcome.out)
    jsonschema.validate(document, json.loads(SCHEMA.read_text("utf-8")))
    assert document["schema"] == "edge-asr/bench@2"
    assert document["engine"]["name"] == "tiny"
    assert document["environment"]["num_cores"] >= 1
    assert document["memory"]["peak_bytes"] >= document["memory"]["current_bytes"] > 0
    assert document["load"]["verify_ms"] > 0
    assert [query["run"]["num_tokens"] for query in document["queries"]] == [NUM_TOKENS] * 2
    (recording,) = document["recordings"]
    assert (recording["path"], recording["duration_s"]) == (str(clip), 1.0)


def test_the_report_can_be_kept_beside_the_table(command: Command, tiny_bundle: Path, tmp_path: Path) -> None:
    saved = tmp_path / "report.json"
    outcome = command(
        "bench", "--synthetic", 2, "-m", tiny_bundle, "--repeats", 1, "--warm-up", 0, "--save", saved
    )
    document = json.loads(saved.read_text("utf-8"))
    assert "\naudio        synthetic  (2.0 s)\n" in outcome.out
    assert document["recordings"] == [{"path": None, "duration_s": 2.0, "sha256": None}]
    assert document["asked"]["repeats"] == 1


def test_a_token_budget_fixes_how_much_is_decoded(command: Command, tmp_path: Path, clip: Path) -> None:
    bundle = write_tiny_bundle(tmp_path / "loop", LOOP_ANSWER)
    outcome = command("bench", clip, "-m", bundle, "--json", "--repeats", 2, "--max-new-tokens", 9)
    assert [query["run"]["num_tokens"] for query in json.loads(outcome.out)["queries"]] == [9, 9]


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        ((), ExitCode.USAGE, "Give audio files, or --synthetic SECONDS."),
        (("CLIP", "--scenario", "offlin"), ExitCode.USAGE, "choose one of single-stream, offline, server."),
        (("CLIP", "--scenario", "server"), ExitCode.USAGE, "--scenario server needs --rate"),
        (("CLIP", "--rate", "3"), ExitCode.USAGE, "--rate needs --scenario server"),
        (("CLIP", "--fail-if-slower", "5%"), ExitCode.USAGE, "needs --compare OLD.json"),
        (("CLIP", "--compare", "CLIP"), ExitCode.USAGE, "no report of format edge-asr/bench@2"),
        (("--synthetic", "0"), ExitCode.USAGE, "at least 0.1 seconds"),
        (("--synthetic", "nan"), ExitCode.USAGE, "at least 0.1 seconds"),
        (("--synthetic", "1e12"), ExitCode.ALL_INPUTS_FAILED, f"takes {MAX_AUDIO_S} s in one piece"),
        (("CLIP", "nowhere.wav"), ExitCode.ALL_INPUTS_FAILED, "nowhere.wav: no such file."),
        (("*.nothing",), ExitCode.ALL_INPUTS_FAILED, "no file matches this pattern."),
        (("nowhere.wav",), ExitCode.ALL_INPUTS_FAILED, "nowhere.wav: no such file."),
        (("CLIP", "--save", "nowhere/report.json"), ExitCode.USAGE, "no folder nowhere. Create it"),
        (("CLIP", "--device", "toaster"), ExitCode.USAGE, "Unknown device 'toaster'"),
        (("CLIP", "--language", "Elvish"), ExitCode.USAGE, "Elvish"),
    ],
)
def test_what_cannot_be_measured_is_refused(
    command: Command,
    tiny_bundle: Path,
    clip: Path,
    arguments: tuple[str, ...],
    code: ExitCode,
    complaint: str,
) -> None:
    command_line = [clip if argument == "CLIP" else argument for argument in arguments]
    outcome = command("bench", *command_line, "-m", tiny_bundle)
    assert outcome.code == code
    assert complaint in outcome.error


@pytest.mark.parametrize("flag", ["--repeats", "--max-new-tokens"])
def test_no_runs_and_no_tokens_are_refused(command: Command, clip: Path, flag: str) -> None:
    outcome = command("bench", clip, flag, 0)
    assert outcome.code == ExitCode.USAGE
    assert flag in outcome.err


def test_silence_is_refused_since_its_times_say_little(
    command: Command, tiny_bundle: Path, tmp_path: Path
) -> None:
    soundfile.write(tmp_path / "silence.wav", np.zeros(16_000), 16_000)
    outcome = command("bench", tmp_path / "silence.wav", "-m", tiny_bundle)
    assert outcome.code == ExitCode.ALL_INPUTS_FAILED
    assert "silence.wav: silent" in outcome.error
