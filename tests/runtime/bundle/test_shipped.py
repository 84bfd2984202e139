"""The bundle in the package works where nothing else is."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from edge_runtime.bundle.shipped import SHIPPED, shipped_bundle
from tests.support.command import Command

CLIPS = Path(__file__).parents[2] / "clips"
MAX_MEGABYTES = 8


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_name_alone_transcribes(command: Command, elsewhere: Path) -> None:
    clip = json.loads((CLIPS / "manifest.jsonl").read_text("utf-8").splitlines()[0])
    assert command("run", "-m", "mini", CLIPS / clip["audio"], "--quiet").out == f"{clip['text']}\n"


def test_it_verifies_and_says_what_it_is(command: Command, elsewhere: Path) -> None:
    assert command("verify", "-m", "mini").code == 0
    assert "mini" in command("info", "-m", "mini").out


def test_it_is_a_few_megabytes() -> None:
    for folder in SHIPPED.values():
        assert sum(path.stat().st_size for path in folder.iterdir()) < MAX_MEGABYTES * 1e6


def test_it_runs_as_uv_installs_it_from_hard_links(command: Command, elsewhere: Path) -> None:
    folder = elsewhere / "installed"
    shutil.copytree(SHIPPED["mini"], folder, copy_function=os.link)
    assert command("run", "-m", folder, CLIPS / "en-00001.flac").code == 0


def test_other_names_have_none() -> None:
    assert shipped_bundle("0.6b") is None
