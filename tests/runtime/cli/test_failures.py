"""The command line where something is wrong: one line, and how it ends."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_runtime.bundle.bundle import read_manifest
from edge_runtime.bundle.manifest import MANIFEST_NAME
from edge_runtime.bundle.manifest_file import DIGEST_NAME, digest_line
from edge_runtime.errors import ExitCode
from tests.support.command import Command
from tests.support.tiny_bundle import SPEECH_TEXT, seal, tone

RATE = 16_000


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
    "folder without audio": (lambda directory: directory, "no recording in this folder"),
    "text": (text_file, "not readable as audio"),
    "NaN": (nan_file, "NaN or infinite"),
    "infinities": (opposite_infinities, "NaN or infinite"),
    "empty": (empty_file, "no samples"),
    "cut": (cut_file, "damaged"),
    "raw": (raw_file, "not readable as audio"),
    "standard input": (lambda _: Path("-"), "nothing on standard input"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_audio_that_cannot_be_used_is_reported_in_one_line(
    command: Command, tmp_path: Path, tiny_bundle: Path, kind: str
) -> None:
    make, reason = UNUSABLE[kind]
    outcome = command("run", make(tmp_path), "-m", tiny_bundle)
    assert outcome.code == ExitCode.ALL_INPUTS_FAILED
    assert reason in outcome.error


def test_one_piece_of_a_recording_is_not_longer_than_the_bundle_takes(
    command: Command, tmp_path: Path, tiny_bundle: Path
) -> None:
    arguments = ("run", long_file(tmp_path), "-m", tiny_bundle)
    assert command(*arguments).code == ExitCode.OK
    outcome = command(*arguments, "--segment-sec", 0)
    assert outcome.code == ExitCode.ALL_INPUTS_FAILED
    assert "31.0 s of audio, the bundle takes 30.0 s" in outcome.error


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
        (["--threads", "-1"], ExitCode.USAGE, "-1 threads were asked for"),
        (["--threads", "1000000"], ExitCode.USAGE, "1000000 threads were asked for"),
    ],
)
def test_a_request_that_cannot_be_met_is_reported_in_one_line(
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
        ["version", "surplus"],
        ["nonsense"],
    ],
    ids=" ".join,
)
def test_a_command_that_is_misspelled_ends_with_two_and_no_output(
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
    data = path.read_bytes().replace(b"edge-asr/bundle@2", b"edge-asr/bundle@3")
    path.write_bytes(data)
    (bundle / DIGEST_NAME).write_text(digest_line(hashlib.sha256(data).hexdigest()))
    for arguments in (["run", "x.wav"], ["verify"], ["info"]):
        outcome = command(*arguments, "-m", bundle)
        assert outcome.code == ExitCode.BUNDLE
        assert "'edge-asr/bundle@3'" in outcome.error
        assert "'edge-asr/bundle@2'" in outcome.error


def test_a_graph_that_the_back_end_refuses_is_reported_in_one_line(
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
        (ImportError("libopenblas.so: failed to map segment from shared object"), ExitCode.RESOURCES),
        (ImportError("another library"), ExitCode.INTERNAL),
        (ModuleNotFoundError("No module named 'kaldialign'", name="kaldialign"), ExitCode.BACKEND),
        (ModuleNotFoundError("No module named 'nobody'", name="nobody"), ExitCode.BACKEND),
        (ModuleNotFoundError("No module named 'edge_export'", name="edge_export"), ExitCode.INTERNAL),
    ],
)
def test_whatever_else_happens_is_one_line_and_a_trace_only_for_those_who_ask(
    command: Command, monkeypatch: pytest.MonkeyPatch, error: Exception, code: ExitCode
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("edge_runtime.cli.info.choose_bundles", fail)
    outcome = command("info")
    assert outcome.code == code
    assert outcome.error
    monkeypatch.setenv("EDGE_ASR_DEBUG", "1")
    assert "Traceback" in command("info").err
