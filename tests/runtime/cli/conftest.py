"""What the tests of the commands share: a recording and a bundle to damage."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import soundfile

from tests.support.tiny_bundle import tone

_RATE = 16_000


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Two seconds that the tiny bundle takes for speech."""
    path = tmp_path / "clip.wav"
    soundfile.write(path, tone(2 * _RATE), _RATE)
    return path


@pytest.fixture
def bundle(tiny_bundle: Path, tmp_path: Path) -> Path:
    """A bundle to damage."""
    return Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))
