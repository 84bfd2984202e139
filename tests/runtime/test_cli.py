"""The command line: what goes where, and how it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import soundfile

from edge_runtime import manifest as manifest_format
from edge_runtime import results
from edge_runtime.bundle import DIGEST_NAME, read_manifest
from edge_runtime.cli import terminal
from edge_runtime.errors import ExitCode
from edge_runtime.manifest import MANIFEST_NAME
from edge_runtime.selftest import GOLDEN_NAME
from tests.runtime.support.command import Command
from tests.runtime.support.tiny_bundle import LOOP_ANSWER, SPEECH_TEXT, seal, tone, write_tiny_bundle

RATE = 16_000


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.wav"
    soundfile.write(path, tone(2 * RATE), RATE)
    return path


@pytest.fixture
def silence(tmp_path: Path) -> Path:
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros(RATE), RATE)
    return path


@pytest.fixture
def bundle(tiny_bundle: Path, tmp_path: Path) -> Path:
    """A bundle to damage."""
    return Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))


# --- results -----------------------------------------------------------------------------------------------


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
    found, failure, nothing = map(json.loads, outcome.out.splitlines())
    for document in (found, nothing):
        jsonschema.validate(document, results.json_schema())
    assert (found["text"], found["audio"]["path"], nothing["no_speech"]) == (SPEECH_TEXT, str(clip), True)
    assert failure["schema"] == "edge-asr/error@1"
    assert failure["audio"] == {"path": "missing.wav"}
    assert failure["error"]["type"] == "AudioNotFoundError"
    assert outcome.code == ExitCode.SOME_INPUTS_FAILED


def test_quiet_keeps_remarks_away_but_not_results(command: Command, silence: Path, tiny_bundle: Path) -> None:
    outcome = command("run", silence, "-m", tiny_bundle, "--quiet")
    assert (outcome.code, outcome.out, outcome.err) == (ExitCode.OK, "\n", "")


def test_what_was_done_to_a_recording_is_told_on_stderr(
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
    assert "repeated text was collapsed" in outcome.err


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


# --- what goes wrong ---------------------------------------------------------------------------------------


def test_without_any_bundle_the_user_is_told_how_to_build_one(
    command: Command, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for outcome in (command("run", clip), command("run", clip, "-m", tmp_path / "absent")):
        assert outcome.code == ExitCode.BUNDLE
        assert "edge-asr build-engines" in outcome.error


def text_file(directory: Path) -> Path:
    path = directory / "letter.wav"
    path.write_text("Dear reader,\nthis is no audio.\n")
    return path


def nan_file(directory: Path) -> Path:
    path = directory / "nan.wav"
    soundfile.write(path, np.full((100, 2), np.nan), RATE, subtype="FLOAT")
    return path


def opposite_infinities(directory: Path) -> Path:
    path = directory / "inf.wav"
    soundfile.write(path, np.array([[np.inf, -np.inf]] * 100), RATE, subtype="FLOAT")
    return path


def empty_file(directory: Path) -> Path:
    path = directory / "empty.wav"
    soundfile.write(path, np.zeros((0, 2)), RATE)
    return path


def cut_file(directory: Path) -> Path:
    path = directory / "cut.wav"
    soundfile.write(path, tone(RATE), RATE)
    path.write_bytes(path.read_bytes()[:-1000])
    return path


def long_file(directory: Path) -> Path:
    path = directory / "long.wav"
    soundfile.write(path, np.zeros(31 * RATE), RATE)
    return path


def raw_file(directory: Path) -> Path:
    path = directory / "samples.raw"
    path.write_bytes(tone(RATE).tobytes())
    return path


UNUSABLE = {
    "missing": (lambda directory: directory / "absent.wav", "no such file"),
    "missing, name of two lines": (lambda directory: directory / "two\nlines.wav", "no such file"),
    "directory": (lambda directory: directory, "is a directory"),
    "text": (text_file, "not readable as audio"),
    "NaN": (nan_file, "NaN or infinite"),
    "infinities": (opposite_infinities, "NaN or infinite"),
    "empty": (empty_file, "no samples"),
    "cut": (cut_file, "damaged"),
    "too long": (long_file, "31.0 s of audio, the bundle takes 30.0 s"),
    "raw": (raw_file, "not readable as audio"),
    "standard input": (lambda _: Path("-"), "nothing on standard input"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_audio_that_cannot_be_used_is_told_in_one_line(
    command: Command, tmp_path: Path, tiny_bundle: Path, kind: str
) -> None:
    make, reason = UNUSABLE[kind]
    outcome = command("run", make(tmp_path), "-m", tiny_bundle)
    assert outcome.code == ExitCode.ALL_INPUTS_FAILED
    assert reason in outcome.error


def test_the_other_files_go_on_where_one_fails(
    command: Command, clip: Path, tmp_path: Path, tiny_bundle: Path
) -> None:
    outcome = command("run", tmp_path / "absent.wav", clip, "-m", tiny_bundle)
    assert outcome.code == ExitCode.SOME_INPUTS_FAILED
    assert outcome.out == f"{clip}\t{SPEECH_TEXT}\n"
    (line,) = outcome.err.splitlines()
    assert line.endswith("absent.wav: no such file.")


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (["--language", "Klingon"], ExitCode.USAGE, "Unknown language 'Klingon'"),
        (["--device", "npu"], ExitCode.USAGE, "Unknown device 'npu'"),
        (["--device", "cuda"], ExitCode.BACKEND, "targets 'ort-cpu'"),
        (["--max-new-tokens", "501"], ExitCode.USAGE, "takes 1 to 500"),
    ],
)
def test_a_request_that_cannot_be_met_is_told_in_one_line(
    command: Command, clip: Path, tiny_bundle: Path, arguments: list[str], code: ExitCode, reason: str
) -> None:
    outcome = command("run", clip, "-m", tiny_bundle, *arguments)
    assert outcome.code == code
    assert reason in outcome.error


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"],
        ["run", "x.wav", "--nonsense"],
        ["run", "x.wav", "--threads", "many"],
        ["run", "x.wav", "--threads", "-1"],
        ["run", "x.wav", "--max-new-tokens", "0"],
        ["info", "surplus"],
        ["nonsense"],
    ],
    ids=" ".join,
)
def test_a_command_that_is_misspelt_ends_with_two_and_no_output(
    command: Command, arguments: list[str]
) -> None:
    outcome = command(*arguments)
    assert (outcome.code, outcome.out) == (ExitCode.USAGE, "")
    assert outcome.err.strip()
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize("subcommand", [["run", "clip.wav"], ["verify"]])
@pytest.mark.parametrize("name", ["decoder.onnx", "tokenizer.json", MANIFEST_NAME, DIGEST_NAME])
def test_a_changed_byte_in_the_bundle_is_refused(
    command: Command, bundle: Path, name: str, subcommand: list[str]
) -> None:
    data = bytearray((bundle / name).read_bytes())
    data[len(data) // 2] ^= 1
    (bundle / name).write_bytes(data)
    outcome = command(*subcommand, "-m", bundle)
    assert outcome.code == ExitCode.BUNDLE
    assert "Rebuild the bundle" in outcome.error


def test_a_manifest_of_a_newer_version_is_refused_with_both_versions(command: Command, bundle: Path) -> None:
    path = bundle / MANIFEST_NAME
    path.write_text(path.read_text().replace("edge-asr/bundle@1", "edge-asr/bundle@2"))
    for arguments in (["run", "x.wav"], ["verify"], ["info"]):
        outcome = command(*arguments, "-m", bundle)
        assert outcome.code == ExitCode.BUNDLE
        assert "'edge-asr/bundle@2'" in outcome.error
        assert "'edge-asr/bundle@1'" in outcome.error


def test_a_graph_that_the_back_end_refuses_is_told_in_one_line(
    command: Command, clip: Path, bundle: Path
) -> None:
    manifest = read_manifest(bundle).manifest
    (bundle / "decoder.onnx").write_bytes(b"hashed, and yet no graph")
    outcome = command("run", clip, "-m", seal(bundle, manifest))
    assert outcome.code == ExitCode.BACKEND
    assert "decoder.onnx" in outcome.error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MemoryError(), ExitCode.RESOURCES),
        (OSError(28, "No space left on device"), ExitCode.RESOURCES),
        (OSError(5, "Input/output error"), ExitCode.INTERNAL),
        (RuntimeError("two\nlines"), ExitCode.INTERNAL),
    ],
)
def test_whatever_else_happens_is_one_line_and_a_trace_only_for_those_who_ask(
    command: Command, monkeypatch: pytest.MonkeyPatch, error: Exception, code: ExitCode
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("edge_runtime.cli.info.choose_bundle", fail)
    outcome = command("info")
    assert outcome.code == code
    assert outcome.error
    monkeypatch.setenv("EDGE_ASR_DEBUG", "1")
    assert "Traceback" in command("info").err


# --- the other commands ------------------------------------------------------------------------------------


def test_the_version_is_that_of_the_package(command: Command) -> None:
    outcome = command("--version")
    assert (outcome.code, outcome.out, outcome.err) == (ExitCode.OK, f"{version('edge-asr')}\n", "")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["-h"], ["run", "--help"], ["info", "-h"], ["verify", "-h"]]
)
def test_help_goes_to_stdout(command: Command, arguments: list[str]) -> None:
    outcome = command(*arguments)
    assert (outcome.code, outcome.err) == (ExitCode.OK, "")
    assert outcome.out.startswith("Usage: edge-asr")


def test_help_names_every_command_of_the_package(command: Command) -> None:
    names = {line.split()[0] for line in command("--help").out.splitlines() if line.startswith("  ")}
    assert {"run", "info", "verify", "build-engines", "eval"} <= names


def test_info_describes_a_bundle(command: Command, tiny_bundle: Path) -> None:
    outcome = command("info", "-m", tiny_bundle)
    assert outcome.code == ExitCode.OK
    for part in ("tiny", "ort-cpu, fp32", "encoder.onnx", "30 s of audio", "English (en)", "sha256"):
        assert part in outcome.out


def test_info_as_json_is_the_manifest(command: Command, tiny_bundle: Path) -> None:
    outcome = command("info", "-m", tiny_bundle, "--json")
    assert outcome.out.encode() == (tiny_bundle / MANIFEST_NAME).read_bytes()
    jsonschema.validate(json.loads(outcome.out), manifest_format.json_schema())


def test_verify_shows_every_stage(command: Command, tiny_bundle: Path) -> None:
    outcome = command("verify", "-m", tiny_bundle)
    assert outcome.code == ExitCode.OK
    lines = outcome.out.splitlines()
    assert lines[0] == "hashes     4 files as built"
    assert [line.split()[0] for line in lines[1:]] == ["features", "encoder", "logprobs", "tokens"]
    assert all(line.endswith(" ok") for line in lines[1:])


@pytest.mark.parametrize("value", [np.nan, 7.0])
def test_verify_fails_where_an_answer_is_not_the_stored_one(
    command: Command, bundle: Path, value: float
) -> None:
    with np.load(bundle / GOLDEN_NAME) as stored:
        arrays = dict(stored)
    arrays["tone/logprobs"][2] = value
    np.savez(bundle / GOLDEN_NAME, **arrays)
    seal(bundle, read_manifest(bundle).manifest)
    outcome = command("verify", "-m", bundle)
    assert outcome.code == ExitCode.CHECK_FAILED
    assert "FAILED" in outcome.out
    assert outcome.err.startswith("edge-asr: error: ")
    document = json.loads(command("verify", "-m", bundle, "--json").out, parse_constant=pytest.fail)
    assert not document["passed"]
    failing = [stage["stage"] for stage in document["stages"] if not stage["passed"]]
    assert failing == ["logprobs"]


class Screen:
    """A stderr that is, or is not, a terminal."""

    def __init__(self, *, isatty: bool) -> None:
        self._isatty = isatty
        self.text = ""

    def isatty(self) -> bool:
        return self._isatty

    def write(self, text: str) -> None:
        self.text += text


def test_progress_is_shown_to_a_person_for_work_that_takes_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(isatty=True)
    monkeypatch.setattr(sys, "stderr", screen)
    show = terminal.verify_progress(quiet=False)
    assert show is not None
    for done in range(0, 1001, 5):
        show(done << 20, 1000 << 20)
    assert screen.text.count("\r") == 101, "one line a percent"
    assert screen.text.endswith("\r\033[K")


def test_progress_is_not_shown_for_a_bundle_that_is_soon_read(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(isatty=True)
    monkeypatch.setattr(sys, "stderr", screen)
    show = terminal.verify_progress(quiet=False)
    assert show is not None
    show(1000, 1000)
    assert screen.text == ""


def test_progress_is_not_shown_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Screen(isatty=False))
    assert terminal.verify_progress(quiet=False) is None
    monkeypatch.setattr(sys, "stderr", Screen(isatty=True))
    assert terminal.verify_progress(quiet=True) is None


# --- as a process ------------------------------------------------------------------------------------------


def start(*arguments: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "edge_runtime", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if not name.startswith("EDGE_ASR_")},
        # A shell starts background jobs with the interrupt ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509  # the test is one thread
    )


@pytest.mark.parametrize(
    ("signum", "code"), [(signal.SIGINT, ExitCode.INTERRUPTED), (signal.SIGTERM, ExitCode.TERMINATED)]
)
def test_a_signal_ends_the_command_without_a_trace(
    clip: Path, tiny_bundle: Path, signum: signal.Signals, code: ExitCode
) -> None:
    with start("run", clip, "-", "-m", tiny_bundle) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        # The first result is out, so the command waits for standard input.
        assert SPEECH_TEXT in process.stdout.readline().decode()
        process.send_signal(signum)
        assert process.wait(timeout=30) == code
        assert process.stderr.read() == b""


def test_a_reader_that_goes_away_is_no_reason_to_complain(clip: Path, tiny_bundle: Path) -> None:
    with start("run", clip, clip, "-m", tiny_bundle) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.wait(timeout=30)
        assert process.stderr.read() == b""
