"""The runtime inside another program: carried along, frozen, and where nothing can be written."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge_runtime import __version__
from edge_runtime.cli.loading import load_or_rebuild
from edge_runtime.doctor.trials.trial import run_trial
from edge_runtime.errors import BackendUnavailableError, ExitCode, StaleEngineError
from tests.conftest import ROOT
from tests.support.process import unmeasured
from tests.support.tiny_bundle import SPEECH_TEXT

WITHOUT_METADATA = """
import importlib.metadata, sys
def absent(name):
    raise importlib.metadata.PackageNotFoundError(name)
importlib.metadata.version = importlib.metadata.distribution = absent
importlib.metadata.entry_points = lambda **_: ()
"""
TRANSCRIBE = """
import sys
from edge_runtime import Recognizer, __file__ as home
with Recognizer.load(sys.argv[1]) as recognizer:
    transcript = recognizer.transcribe((16_000, [0.3, -0.3] * 8_000))
print(home, transcript.text, transcript.runtime_version, sep="|")
"""
FROZEN = "import sys; sys.frozen = True; sys._MEIPASS = '/nowhere'\n"
NO_WRITES = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"


def run(program: str, *arguments: object, start: str = 'exec "$@"', **environment: str) -> str:
    """Return what a program prints, started by a shell with an environment that holds nothing else."""
    command = ["sh", "-c", start, "sh", sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def vendored(tmp_path: Path) -> Path:
    """The runtime's folder in a program's own."""
    shutil.copytree(ROOT / "edge_runtime", tmp_path / "vendor" / "edge_runtime")
    return tmp_path / "vendor"


def test_the_version_is_that_of_the_project() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    assert re.findall(r'^version = "(.*)"$', project, re.MULTILINE) == [__version__]


def test_a_copy_without_metadata_transcribes_and_knows_its_version(vendored: Path, tiny_bundle: Path) -> None:
    printed = run(WITHOUT_METADATA + TRANSCRIBE, tiny_bundle, PYTHONPATH=str(vendored))
    assert printed == f"{vendored / 'edge_runtime' / '__init__.py'}|{SPEECH_TEXT}|{__version__}"


@pytest.mark.parametrize(
    "arguments", [["--version"], ["run", "-m", "mini", "--quiet"], ["info", "-m", "mini"]]
)
def test_the_command_of_a_copy_works_without_metadata(vendored: Path, arguments: list[str]) -> None:
    clip = [str(ROOT / "tests" / "clips" / "en-00001.flac")] if arguments[0] == "run" else []
    program = WITHOUT_METADATA + "from edge_runtime.cli import main; sys.argv[0] = 'edge-asr'; main()"
    assert run(program, *arguments, *clip, PYTHONPATH=str(vendored))


@pytest.mark.parametrize("closed", ["", " <&-", " 2>&-", " <&- 2>&-"])
def test_a_program_without_home_streams_and_a_disk_to_write_on_transcribes(
    tiny_bundle: Path, closed: str
) -> None:
    program = FROZEN + NO_WRITES + WITHOUT_METADATA + TRANSCRIBE
    environment = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": "/nowhere"}
    printed = run(program, tiny_bundle, start=f'exec "$@"{closed}', **environment)
    assert printed.endswith(f"|{SPEECH_TEXT}|{__version__}")


def test_a_frozen_program_has_no_interpreter_for_probes_and_rebuilds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def load_stale() -> None:
        raise StaleEngineError("The engine is stale.", "edge-asr build-engines mini")

    monkeypatch.setattr(sys, "frozen", True, raising=False)
    trial = run_trial("ort-cpu")
    assert (trial.outcome, trial.passed) == ("missing", False)
    assert "frozen" in trial.reason
    with pytest.raises(BackendUnavailableError, match=r"frozen .* Run `edge-asr build-engines mini` by hand"):
        load_or_rebuild(load_stale, auto_rebuild=True, quiet=True)


LIMITED = 'ulimit -v "$LIMIT"; exec "$@"'
PROGRAM = "import sys; from edge_runtime.cli import main; sys.argv[0] = 'edge-asr'; main()"


@pytest.mark.skipif(sys.platform != "linux", reason="limits on address space are Linux's")
@pytest.mark.parametrize("megabytes", [60, 150, 175, 200, 225])
def test_too_little_memory_to_start_is_one_line_and_exit_code_7(tiny_bundle: Path, megabytes: int) -> None:
    clip = ROOT / "tests" / "clips" / "en-00001.flac"
    arguments = [sys.executable, "-c", PROGRAM, "run", "-m", str(tiny_bundle), str(clip)]
    limited = ["sh", "-c", LIMITED, "sh", *arguments]
    environment = {**unmeasured(os.environ), "LIMIT": str(megabytes * 1024)}
    done = subprocess.run(
        limited, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    if done.returncode and not done.stderr.startswith("edge-asr"):
        pytest.skip(f"a library ended the process: {done.stderr.strip()[-100:]}")
    if done.returncode:
        (line,) = done.stderr.splitlines()
        assert (done.returncode, "memory" in line) == (ExitCode.RESOURCES, True), line
