"""A recording to measure on."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from tests.support.tiny_bundle import tone


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A second of a tone."""
    path = tmp_path / "tone.wav"
    soundfile.write(path, tone(16_000), 16_000)
    return path
