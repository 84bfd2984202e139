"""Builds a bundle and runs it as a device would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from edge_export.graphs import write
from edge_export.graphs.trace import TracedGraph, trace
from edge_export.pipeline.job import BuildOptions
from edge_export.pipeline.pipeline import build
from edge_runtime.arrays import Waveform
from edge_runtime.audio.source import load_source
from edge_runtime.backends.registry import open_component
from edge_runtime.bundle.bundle import Bundle, open_bundle
from edge_runtime.decoding.generate import generate
from edge_runtime.model.aligner_prompt import build_align_prompt
from edge_runtime.model.audio_encoder import AudioEncoder
from edge_runtime.model.decoder import Decoder
from edge_runtime.model.timestamp_classifier import TimestampClassifier
from edge_runtime.recognition.options import RequestEncoder, TranscribeOptions
from edge_runtime.recognition.preparer import Preparer
from edge_runtime.stopwatch import Stopwatch
from edge_runtime.text.tokenizer import Tokenizer
from tests.checkpoints.case import Made
from tests.checkpoints.reference import MAX_TOKENS, UNITS

_RATE = 16_000
_TRACED: dict[Any, TracedGraph] = {}
"""Graphs hold no weights while they are traced: checkpoints of one geometry share them."""


class Quiet:
    """A reporter that says nothing."""

    def progress(self, text: str) -> None: ...

    def warn(self, text: str) -> None: ...


@contextmanager
def traced_once() -> Iterator[None]:
    """Trace each graph of each geometry once in the body."""

    def traced(spec: Any, config: Any) -> TracedGraph:
        key = (spec, config.audio, config.text, config.aligner and config.aligner.num_classes)
        graph = _TRACED.setdefault(key, _TRACED.get(key) or trace(spec, config))
        return TracedGraph(graph.model.clone(), graph.module, graph.parameters)

    with patch.object(write, "trace", traced):
        yield


def build_bundle(made: Made, output: Path) -> Bundle:
    """Build a folder in float32, proof included, and open the bundle."""
    options = BuildOptions(model=str(made.folder), output=output, precision="fp32", adapter=made.adapter)
    with traced_once():
        return open_bundle(build(options, Quiet()).bundle)


class Recognizer:
    """The parts of a recogniser, from samples to tokens."""

    def __init__(self, bundle: Bundle) -> None:
        manifest = bundle.manifest
        self._prompt, spec = manifest.require_asr()
        self._preparer = Preparer(manifest, open_component(bundle, "encoder", None))
        self._decoder = Decoder(open_component(bundle, "decoder", None), spec, manifest.limits)
        self._requests = RequestEncoder(bundle)

    def tokens(self, clip: Waveform, language: str | None) -> list[int]:
        """Return the tokens of a clip."""
        options = self._requests.resolve(
            TranscribeOptions(language=language or "auto", max_new_tokens=MAX_TOKENS)
        )
        prepared = self._preparer.prepare(load_source(clip, _RATE, _RATE, 60), options, Stopwatch())
        generation = generate(self._decoder, prepared.decoder_input, eos_ids=self._prompt.eos_ids)
        self._decoder.release()
        return list(generation.token_ids)


class Aligner:
    """The parts of an aligner, from samples to classes."""

    def __init__(self, bundle: Bundle) -> None:
        self._spec = bundle.manifest.require_aligner()
        self._encoder = AudioEncoder.of(bundle.manifest, open_component(bundle, "encoder", None))
        self._classifier = TimestampClassifier(open_component(bundle, "aligner", None))
        self._unit_ids = list(map(Tokenizer(bundle.file("tokenizer.json")).encode, UNITS))

    def classes(self, clip: Waveform) -> list[int]:
        """Return the class at each slot of `UNITS`."""
        embeds = self._encoder.encode(np.asarray(clip, np.float32))
        prompt = build_align_prompt(self._spec, len(embeds), self._unit_ids)
        return self._classifier.classify(prompt, embeds).class_ids.tolist()
