"""What all tests share: the budget of property tests, real speech, and bundles to run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.support.command import Command
from tests.support.tiny_aligner import write_tiny_aligner
from tests.support.tiny_bundle import write_tiny_bundle

ROOT = Path(__file__).parents[1]
MINI_CHECKPOINT = ROOT / "engines" / "checkpoints" / "mini"
MINI_ALIGNER_CHECKPOINT = ROOT / "engines" / "checkpoints" / "mini-aligner"
SPEECH = ROOT / "tests" / "speech" / "jfk.flac"

hypothesis.settings.register_profile(
    "project",
    max_examples=int(os.environ.get("EDGE_ASR_TEST_EXAMPLES", "50")),
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
hypothesis.settings.load_profile("project")


@pytest.fixture(scope="session")
def speech() -> Path:
    """Eleven seconds of real speech at 16 kHz."""
    return SPEECH


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole bundle with planted answers; read only."""
    return write_tiny_bundle(tmp_path_factory.mktemp("tiny") / "bundle")


@pytest.fixture(scope="session")
def tiny_aligner_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole aligner bundle with planted times; read only."""
    return write_tiny_aligner(tmp_path_factory.mktemp("tiny-aligner") / "bundle")


@pytest.fixture(scope="session")
def mini_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The mini checkpoint's bundle, built once; read only."""
    return _build(MINI_CHECKPOINT, tmp_path_factory.mktemp("mini") / "mini.ort-cpu.fp32")


@pytest.fixture(scope="session")
def mini_aligner_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The mini aligner checkpoint's bundle, built once; read only."""
    return _build(MINI_ALIGNER_CHECKPOINT, tmp_path_factory.mktemp("mini") / "mini-aligner.ort-cpu.fp32")


def _build(checkpoint: Path, directory: Path) -> Path:
    command = [sys.executable, "-m", "edge_runtime", "build-engines", str(checkpoint), "-o", str(directory)]
    subprocess.run(command, check=True, cwd=ROOT)
    return directory


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """The `edge-asr` command, without the caller's environment."""
    for name in [name for name in os.environ if name.startswith("EDGE_ASR_")]:
        monkeypatch.delenv(name)
    handler = signal.getsignal(signal.SIGTERM)
    yield Command(monkeypatch, capsys)
    signal.signal(signal.SIGTERM, handler)
