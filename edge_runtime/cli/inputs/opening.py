"""Open what a command line names, as the recognizer takes it."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

from edge_runtime.audio.options import AudioFile, LoadOptions
from edge_runtime.audio.recording import SpooledAudio, spool_stream
from edge_runtime.cli.options import STDIN


def open_recording(load_options: LoadOptions, name: str) -> AudioFile | SpooledAudio:
    """Return the file, which the recognizer reads as a timed stage, or a spool of what can be read once."""
    if name == STDIN:
        return spool_stream(sys.stdin.buffer, load_options, name)
    path = Path(name)
    if path.exists() and stat.S_ISFIFO(path.stat().st_mode):
        with path.open("rb", buffering=0) as pipe:
            return spool_stream(pipe, load_options, name)
    return AudioFile(path, load_options)
