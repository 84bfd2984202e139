"""Logits of a checkpoint's graphs on the bundled clips, token by token."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path

import numpy as np

from edge_export.checkpoint.checkpoint import read_checkpoint
from edge_export.checkpoint.source import HubOptions, resolve
from edge_export.graph_spec import ComputeDtype, Lowering
from edge_export.graphs.geometry import encoder_geometry
from edge_runtime.audio.load import load_audio
from edge_runtime.backends.ort.session import open_session
from edge_runtime.backends.session import SessionOptions
from edge_runtime.model.encoder import Encoder
from edge_runtime.model.fbank import Fbank
from edge_runtime.model.prompt import TEXT_INDEX, build_prompt
from tests.export.support.written_graphs import Stepper, WrittenGraphs

CLIPS = Path(__file__).parents[2] / "clips"
NUM_TOKENS = 12
"""Compared after every prompt; end-of-sequence is ignored."""


class ClipLogits:
    """The clips' features, and the tokens that float32 graphs give them."""

    def __init__(self, graphs: WrittenGraphs, checkpoint: Path, count: int) -> None:
        self._graphs = graphs
        self._checkpoint = read_checkpoint(resolve(str(checkpoint), HubOptions()))
        entries = [json.loads(line) for line in (CLIPS / "manifest.jsonl").read_text("utf-8").splitlines()]
        fbank = Fbank(self._checkpoint.features)
        rate = self._checkpoint.features.sample_rate
        paths = [CLIPS / entry["audio"] for entry in entries[:count]]
        self.mels = [fbank(load_audio(path, rate, 60.0).waveform) for path in paths]

    @cached_property
    def embeds(self) -> list[np.ndarray]:
        return self.encode("modern", "float32")

    @cached_property
    def logits(self) -> np.ndarray:
        """Logits (clips × NUM_TOKENS, V) of greedy decoding in float32."""
        return self.decode("modern", "float32", None)

    def encode(self, lowering: Lowering, dtype: ComputeDtype) -> list[np.ndarray]:
        spec = self._graphs.spec("encoder", lowering, dtype)
        session = open_session(spec.component(dtype), self._graphs.path(spec), SessionOptions(threads=1))
        encoder = Encoder(session, encoder_geometry(self._graphs.config.audio), 4)
        return [encoder.encode(mel) for mel in self.mels]

    def decode(self, lowering: Lowering, dtype: ComputeDtype, forced: np.ndarray | None) -> np.ndarray:
        """Return logits as `logits` does; of the forced tokens (clips × NUM_TOKENS), if there are any."""
        session = self._graphs.session("decoder", lowering, dtype)
        rows = []
        for clip, audio in enumerate(self.embeds if forced is None else self.encode(lowering, dtype)):
            prompt = build_prompt(self._checkpoint.prompt, len(audio))
            stepper = Stepper(session, 1, len(prompt) + NUM_TOKENS)
            rows.append(stepper.run(prompt.ids[None], prompt.audio_index[None], audio))
            for step in range(1, NUM_TOKENS):
                token = rows[-1].argmax() if forced is None else forced[clip * NUM_TOKENS + step - 1]
                rows.append(stepper.run(np.array([[token]]), np.array([[TEXT_INDEX]]), audio))
        return np.concatenate(rows)
