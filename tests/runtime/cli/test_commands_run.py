"""`edge-asr run`: what goes where."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import soundfile

from edge_runtime.errors import ExitCode
from edge_runtime.results import transcript as results
from tests.support.command import Command
from tests.support.tiny_bundle import LOOP_ANSWER, SPEECH_TEXT, tone, write_tiny_bundle

RATE = 16_000


@pytest.fixture
def silence(tmp_path: Path) -> Path:
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros(RATE), RATE)
    return path


def test_one_file_gives_its_text_and_nothing_else(command: Command, clip: Path, tiny_bundle: Path) -> None:
    outcome = command("run", clip, "--model", tiny_bundle)
    assert (outcome.code, outcome.out, outcome.err) == (ExitCode.OK, f"{SPEECH_TEXT}\n", "")


def test_several_files_give_a_line_each_with_the_name_in_front(
    command: Command, clip: Path, silence: Path, tiny_bundle: Path
) -> None:
    outcome = command("run", clip, silence, clip, "-m", tiny_bundle)
    assert outcome.out == f"{clip}\t{SPEECH_TEXT}\n{silence}\t\n{clip}\t{SPEECH_TEXT}\n"
    assert outcome.err == f"edge-asr: {silence}: no speech\n"
    assert outcome.code == ExitCode.OK


def test_standard_input_is_read_where_a_dash_stands(command: Command, clip: Path, tiny_bundle: Path) -> None:
    outcome = command("run", "-", "-m", tiny_bundle, stdin=clip.read_bytes())
    assert (outcome.code, outcome.out) == (ExitCode.OK, f"{SPEECH_TEXT}\n")


def test_json_is_a_document_a_line_that_fits_the_schema(
    command: Command, clip: Path, silence: Path, tiny_bundle: Path
) -> None:
    outcome = command("run", clip, "missing.wav", silence, "-m", tiny_bundle, "--json", "--quiet")
    actual, failure, nothing = map(json.loads, outcome.out.splitlines())
    for document in (actual, nothing):
        jsonschema.validate(document, results.json_schema())
    assert (actual["text"], actual["audio"]["path"], nothing["no_speech"]) == (SPEECH_TEXT, str(clip), True)
    assert failure["schema"] == "edge-asr/error@1"
    assert failure["audio"] == {"path": "missing.wav"}
    assert failure["error"]["type"] == "AudioNotFoundError"
    assert outcome.code == ExitCode.SOME_INPUTS_FAILED


def test_quiet_keeps_remarks_away_but_not_results(command: Command, silence: Path, tiny_bundle: Path) -> None:
    outcome = command("run", silence, "-m", tiny_bundle, "--quiet")
    assert (outcome.code, outcome.out, outcome.err) == (ExitCode.OK, "\n", "")


def test_what_was_done_to_a_recording_is_reported_on_stderr(
    command: Command, tmp_path: Path, tiny_bundle: Path
) -> None:
    path = tmp_path / "five.wav"
    soundfile.write(path, np.tile(tone(96_000, 440, 96_000)[:, None], 5), 96_000)
    outcome = command("run", path, "-m", tiny_bundle)
    assert outcome.out == f"{SPEECH_TEXT}\n"
    assert outcome.err == f"edge-asr: warning: {path}: 5 channels were averaged to one.\n"


@pytest.mark.parametrize("flag", ["--max-new-tokens", "--max_new_tokens"])
def test_flags_may_be_written_with_dashes_or_underscores(
    command: Command, clip: Path, tiny_bundle: Path, flag: str
) -> None:
    outcome = command("run", clip, "-m", tiny_bundle, flag, 4)
    assert (outcome.code, outcome.out) == (ExitCode.OK, "Hello\n")
    assert "token budget of 4" in outcome.err


def test_strict_turns_a_cut_text_into_a_failed_check(command: Command, clip: Path, tiny_bundle: Path) -> None:
    assert command("run", clip, "-m", tiny_bundle, "--strict").code == ExitCode.OK
    outcome = command("run", clip, "-m", tiny_bundle, "--strict", "--max-new-tokens", 4)
    assert (outcome.code, outcome.out) == (ExitCode.CHECK_FAILED, "Hello\n")


def test_strict_turns_a_loop_into_a_failed_check(command: Command, clip: Path, tmp_path: Path) -> None:
    outcome = command("run", clip, "-m", write_tiny_bundle(tmp_path / "loop", LOOP_ANSWER), "--strict")
    assert (outcome.code, outcome.out) == (ExitCode.CHECK_FAILED, "Hello\n")
    assert "The decoder repeated itself, in pieces too." in outcome.err


@pytest.mark.parametrize("language", ["English", "en", "EN"])
def test_a_language_can_be_forced(command: Command, clip: Path, tiny_bundle: Path, language: str) -> None:
    outcome = command("run", clip, "-m", tiny_bundle, "-l", language, "--json")
    document = json.loads(outcome.out)
    assert (document["language_forced"], document["language"]) == (True, "English")


def test_every_option_can_come_from_the_environment(
    command: Command, clip: Path, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGE_ASR_MODEL", str(tiny_bundle))
    monkeypatch.setenv("EDGE_ASR_LANGUAGE", "en")
    monkeypatch.setenv("EDGE_ASR_THREADS", "1")
    assert json.loads(command("run", clip, "--json").out)["language_forced"]
    assert not json.loads(command("run", clip, "--json", "--language", "auto").out)["language_forced"]
    monkeypatch.setenv("EDGE_ASR_DEVICE", "npu")
    assert command("run", clip).code == ExitCode.USAGE


def test_the_only_bundle_under_engines_is_found(
    command: Command, clip: Path, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(bundle, tmp_path / "engines" / "one")
    assert command("run", clip).out == f"{SPEECH_TEXT}\n"
    shutil.copytree(bundle, tmp_path / "engines" / "two")
    outcome = command("run", clip)
    assert outcome.code == ExitCode.BUNDLE
    assert outcome.error == "Several bundles here: engines/one, engines/two. Name one with --model."
