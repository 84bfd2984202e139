"""A clip to compare programs on, times of it, and the Python that runs the programs."""

from __future__ import annotations

import sys
from pathlib import Path

from edge_bench.peers.peer import Clip, StageTimes

HERE = Path(sys.executable)
CLIP = Clip(name="talk.wav", wav=Path("talk.wav"), duration_s=2.0, prompt_ids=(5, 9, 9, 6), audio_id=9)
TIMES = StageTimes(frontend_ms=10.0, encoder_ms=100.0, prefill_ms=50.0, step_ms=20.0, peak_bytes=4_000_000)
