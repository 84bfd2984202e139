"""Qwen3-ASR on devices: the runtime.

`Recognizer.load(bundle).transcribe(audio).text`, `Aligner.load(bundle).align(audio, text, language).words`.

A name is imported when it is first used, so that the command can say in one line why NumPy does not load.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from edge_runtime.version import VERSION as __version__  # noqa: F401, N811 - the name that callers look for

if TYPE_CHECKING:
    from edge_runtime.alignment.align_options import AlignOptions
    from edge_runtime.alignment.aligner import Aligner
    from edge_runtime.alignment.result import Alignment
    from edge_runtime.audio.load import Audio, load_audio
    from edge_runtime.audio.options import AudioFile, LoadOptions
    from edge_runtime.bundle.bundle import Bundle, open_bundle
    from edge_runtime.errors import EdgeAsrError
    from edge_runtime.recognition.options import TranscribeOptions
    from edge_runtime.recognition.recognizer import Recognizer
    from edge_runtime.results.transcript import Transcript
    from edge_runtime.streaming.options import StreamOptions
    from edge_runtime.streaming.stream import Stream

__all__ = [
    "AlignOptions",
    "Aligner",
    "Alignment",
    "Audio",
    "AudioFile",
    "Bundle",
    "EdgeAsrError",
    "LoadOptions",
    "Recognizer",
    "Stream",
    "StreamOptions",
    "TranscribeOptions",
    "Transcript",
    "load_audio",
    "open_bundle",
]

_HOMES: Final = {
    "AlignOptions": "edge_runtime.alignment.align_options",
    "Aligner": "edge_runtime.alignment.aligner",
    "Alignment": "edge_runtime.alignment.result",
    "Audio": "edge_runtime.audio.load",
    "AudioFile": "edge_runtime.audio.options",
    "Bundle": "edge_runtime.bundle.bundle",
    "EdgeAsrError": "edge_runtime.errors",
    "LoadOptions": "edge_runtime.audio.options",
    "Recognizer": "edge_runtime.recognition.recognizer",
    "Stream": "edge_runtime.streaming.stream",
    "StreamOptions": "edge_runtime.streaming.options",
    "TranscribeOptions": "edge_runtime.recognition.options",
    "Transcript": "edge_runtime.results.transcript",
    "load_audio": "edge_runtime.audio.load",
    "open_bundle": "edge_runtime.bundle.bundle",
}
"""Public name → the module that defines it."""

# ONNX Runtime 1.32 looks up a host of its maker ten seconds after it was loaded, and again and again.
# It reads this variable when it is loaded, which no module of this package does before this line.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'edge_runtime' has no attribute {name!r}", name=name, obj=None)
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
