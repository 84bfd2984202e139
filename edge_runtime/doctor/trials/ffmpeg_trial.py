"""Probe of ffmpeg: decode a tenth of a second of AAC in MP4. Run in a process of its own."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from typing import Final

from edge_runtime.audio.load import load_audio
from edge_runtime.doctor.trials.trial import Trial

_TONE: Final = "tone.m4a"
"""440 Hz, 16 kHz, one channel; see `edge_runtime/data/README.md`."""
_RATE: Final = 16_000
_MIN_LEVEL: Final = 0.01


def decode() -> Trial:
    """Decode as the runtime does, with its limits."""
    if shutil.which("ffmpeg") is None:
        return Trial(outcome="missing", reason="ffmpeg is not installed.")
    with as_file(files("edge_runtime") / "data" / _TONE) as tone:
        waveform = load_audio(tone, _RATE, max_audio_s=2.0).waveform
    if abs(waveform).max(initial=0.0) < _MIN_LEVEL:
        return Trial(outcome="failed", reason="ffmpeg decoded a tone to silence.")
    return Trial(outcome="passed")
