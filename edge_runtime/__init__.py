"""Qwen3-ASR on devices: the runtime.

`Recognizer.load(bundle).transcribe(audio).text`, `Aligner.load(bundle).align(audio, text, language).words`.
"""

from __future__ import annotations

from edge_runtime.alignment.aligner import Aligner, AlignOptions
from edge_runtime.alignment.result import Alignment
from edge_runtime.audio.load import Audio, load_audio
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
    "Bundle",
    "EdgeAsrError",
    "Recognizer",
    "TranscribeOptions",
    "Transcript",
    "load_audio",
    "open_bundle",
]
