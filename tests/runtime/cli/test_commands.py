"""The version, help, `info`, `verify`, and the progress that a person sees."""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path

import jsonschema
import msgspec
import numpy as np
import pytest

from edge_runtime.bundle import manifest as manifest_format
from edge_runtime.bundle.bundle import read_manifest
from edge_runtime.bundle.manifest import MANIFEST_NAME
from edge_runtime.cli import terminal
from edge_runtime.errors import ExitCode
from edge_runtime.verification.selftest import GOLDEN_NAME
from tests.runtime.verification.engine_bundle import RECORD
from tests.support.command import Command
from tests.support.manifests import DECODER_COMPONENT, make_manifest
from tests.support.tiny_bundle import seal, write_tiny_bundle


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


def test_info_says_how_long_a_step_took_where_the_engine_was_compiled(
    command: Command, tmp_path: Path
) -> None:
    engine = msgspec.structs.replace(RECORD, call_ms=12.345)
    parts = {"decoder": msgspec.structs.replace(DECODER_COMPONENT, engine=engine)}
    folder = write_tiny_bundle(
        tmp_path / "tiny", target="tensorrt", components=make_manifest().components | parts
    )
    (line,) = (each for each in command("info", "-m", folder).out.splitlines() if each.startswith("speed"))
    stated = "speed decoder 12.35 ms a step, measured on Orin when it was compiled"
    assert " ".join(line.split()) == stated


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
