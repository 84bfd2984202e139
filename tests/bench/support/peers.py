"""A clip to compare programs on, and the Python that runs them."""

from __future__ import annotations

import sys
from pathlib import Path

from edge_bench.peers.peer import Clip

HERE = Path(sys.executable)
CLIP = Clip(name="talk.wav", wav=Path("talk.wav"), duration_s=2.0, prompt_ids=(5, 9, 9, 6), audio_id=9)
