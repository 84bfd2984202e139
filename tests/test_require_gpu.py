"""A run for GPUs that skipped everything does not pass."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.require_gpu import NOTHING_RAN

ROOT = Path(__file__).parents[1]
BODIES = {
    "ran": "@pytest.mark.gpu\ndef test_it(): pass",
    "skipped": "@pytest.mark.gpu\n@pytest.mark.skip(reason='no GPU')\ndef test_it(): pass",
    "skips itself": "@pytest.mark.gpu\ndef test_it(): pytest.skip('no GPU')",
    "of no GPU": "def test_it(): pass",
}


@pytest.mark.parametrize(
    ("body", "code"), [("ran", 0), ("skipped", 1), ("skips itself", 1), ("of no GPU", 1)]
)
def test_a_run_passes_only_if_a_test_met_a_gpu(tmp_path: Path, body: str, code: int) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = gpu: on a GPU\n")
    (tmp_path / "test_planted.py").write_text(f"import pytest\n\n{BODIES[body]}\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.support.require_gpu", "--rootdir", str(tmp_path)]
    done = subprocess.run(
        [*command, str(tmp_path)], check=False, capture_output=True, text=True, cwd=ROOT, timeout=120
    )
    assert done.returncode == code, done.stdout
    assert (NOTHING_RAN in done.stdout) == bool(code)
