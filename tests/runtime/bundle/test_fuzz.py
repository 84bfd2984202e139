"""Damaged bundles and crafted manifests are refused before a back end is imported."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("edits", [200, pytest.param(10_000, marks=pytest.mark.slow)])
def test_every_edit_and_every_crafted_manifest_is_refused(edits: int) -> None:
    command = [sys.executable, "-m", "tests.support.bundle_fuzz", "--edits", str(edits), "--seed", str(edits)]
    completed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert completed.stderr == ""
    counts = re.fullmatch(r"edits: cases=(\d+) wrong=0 · manifests: cases=(\d+) wrong=0\n", completed.stdout)
    assert counts is not None, completed.stdout
    assert int(counts[1]) == edits
    assert int(counts[2]) >= 60
