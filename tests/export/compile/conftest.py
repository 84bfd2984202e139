"""A device with a fake TensorRT 10.3, and a portable bundle for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.export.compile.device import put_tensorrt
from tests.export.compile.portable import FakeBuilderLibrary, write_portable
from tests.support.token_decoder import legacy


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> FakeBuilderLibrary:
    """A device: a fake TensorRT 10.3, a fake GPU, and engines that compute what their graphs do."""
    return put_tensorrt(monkeypatch, "10.3.0", legacy)


@pytest.fixture
def portable(tmp_path: Path) -> Path:
    return write_portable(tmp_path / "tiny.jetpack-6.2.int8")
