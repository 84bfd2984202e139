"""`--auto-rebuild` runs the command that the error names, once, and loads again."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from edge_runtime.cli.loading import load_or_rebuild
from edge_runtime.errors import BackendUnavailableError, EngineMismatchError, ExitCode, StaleEngineError

COMMAND = "edge-asr build-engines mini --target tensorrt --output-dir 'a folder'"


class Loads:
    """Raises the given errors one call after the other, then loads."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    def __call__(self) -> str:
        if self.errors:
            raise self.errors.pop(0)
        return "loaded"


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Commands that were run, each of which succeeds."""
    commands: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[bytes]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    return commands


@pytest.mark.parametrize("kind", [StaleEngineError, EngineMismatchError])
def test_the_named_command_is_run_and_the_bundle_loaded_again(ran: list[list[str]], kind: Any) -> None:
    loads = Loads(kind("stale", COMMAND))
    assert load_or_rebuild(loads, auto_rebuild=True, quiet=True) == "loaded"
    rebuilt = ["build-engines", "mini", "--target", "tensorrt", "--output-dir", "a folder"]
    assert ran == [[sys.executable, "-m", "edge_runtime", *rebuilt]]


def test_without_the_flag_nothing_is_run(ran: list[list[str]]) -> None:
    with pytest.raises(StaleEngineError):
        load_or_rebuild(Loads(StaleEngineError("stale", COMMAND)), auto_rebuild=False, quiet=True)
    assert ran == []


def test_where_no_command_helps_nothing_is_run(ran: list[list[str]]) -> None:
    with pytest.raises(EngineMismatchError):
        load_or_rebuild(Loads(EngineMismatchError("wrong")), auto_rebuild=True, quiet=True)
    assert ran == []


def test_a_second_failure_is_reported_and_not_tried_again(ran: list[list[str]]) -> None:
    loads = Loads(StaleEngineError("stale", COMMAND), StaleEngineError("stale still", COMMAND))
    with pytest.raises(StaleEngineError, match="stale still"):
        load_or_rebuild(loads, auto_rebuild=True, quiet=True)
    assert len(ran) == 1


def test_a_build_that_fails_is_one_line_with_its_exit_code(capfd: pytest.CaptureFixture[str]) -> None:
    error = StaleEngineError("stale", "edge-asr build-engines mini --target nowhere")
    with pytest.raises(BackendUnavailableError, match="ended with exit code 2") as caught:
        load_or_rebuild(Loads(error), auto_rebuild=True, quiet=False)
    assert caught.value.exit_code == ExitCode.BACKEND
    printed = capfd.readouterr()
    assert printed.out == "", "stdout is for results"
    assert "edge-asr: stale" in printed.err
    assert "'nowhere' is unknown" in printed.err
