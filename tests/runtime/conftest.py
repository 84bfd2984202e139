"""The fake GPU that tests of the TensorRT session share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.engines import Rig, make_rig


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """Ledgers on a fake TensorRT; tests of another library or another engine replace it."""
    return make_rig(tmp_path)
