"""What the tests of many recordings share."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from edge_runtime.recognition.long import reading
from tests.support.decodes import write_recordings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six recordings, of which the last is no audio."""
    write_recordings(tmp_path / "in", 6, num_broken=1)
    return tmp_path / "in"


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each file was decoded in this process."""
    counts: Counter[str] = Counter()
    actual = reading.open_source

    def open_source(audio: Any, *arguments: Any, **named: Any) -> Any:
        counts[audio.path.name] += 1
        return actual(audio, *arguments, **named)

    monkeypatch.setattr(reading, "open_source", open_source)
    return counts
