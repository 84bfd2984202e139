"""Memory of reading long recordings."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edge_bench.speed.long_memory import peak_mb, write_stereo
from edge_runtime.bundle.shipped import shipped_bundle
from tests.conftest import SPEECH


def test_a_peak_is_that_of_the_process_that_reads(tmp_path: Path) -> None:
    bundle, recording = shipped_bundle("mini"), tmp_path / "stereo.wav"
    assert bundle is not None
    ballast = np.ones(40_000_000)  # what `ru_maxrss` of a process begins with is the peak of its parent
    write_stereo(recording, SPEECH, 1.0)
    assert 20 < peak_mb(recording, bundle) < 0.8 * ballast.nbytes / 2**20
