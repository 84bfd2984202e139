"""Open what a command line names, as the recognizer takes it."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

from edge_runtime.audio.load import Audio, load_audio, read_stream
from edge_runtime.audio.options import AudioFile, LoadOptions
from edge_runtime.bundle.manifest import Manifest
from edge_runtime.cli.options import STDIN


def open_recording(manifest: Manifest, load_options: LoadOptions, name: str) -> AudioFile | Audio:
    """Return the file, which the recognizer reads as a timed stage, or the audio of what can be read once."""
    rate, max_audio_s = manifest.features.sample_rate, manifest.limits.max_audio_s
    if name == STDIN:
        return read_stream(sys.stdin.buffer, rate, max_audio_s, load_options)
    path = Path(name)
    if path.exists() and stat.S_ISFIFO(path.stat().st_mode):
        return load_audio(path, rate, max_audio_s, load_options)
    return AudioFile(path, load_options)
