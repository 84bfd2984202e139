"""Qwen3-ASR on devices: the runtime.

`Recognizer.load(bundle).transcribe(audio).text`, `Aligner.load(bundle).align(audio, text, language).words`.
"""

from __future__ import annotations

import os

from edge_runtime.alignment.aligner import Aligner, AlignOptions
from edge_runtime.alignment.result import Alignment
from edge_runtime.audio.load import Audio, load_audio
from edge_runtime.audio.options import AudioFile, LoadOptions
from edge_runtime.bundle.bundle import Bundle, open_bundle
from edge_runtime.errors import EdgeAsrError
from edge_runtime.recognition.options import TranscribeOptions
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.results.transcript import Transcript

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
    "TranscribeOptions",
    "Transcript",
    "load_audio",
    "open_bundle",
]

# ONNX Runtime 1.32 looks up a host of its maker ten seconds after it was loaded, and again and again.
# It reads this variable when it is loaded, which no module of this package does before this line.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
