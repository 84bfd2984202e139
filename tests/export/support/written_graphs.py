"""Graphs of one checkpoint in any lowering and dtype, each written at its first use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime as ort

from edge_export.checkpoint.checkpoint import Checkpoint, read_checkpoint
from edge_export.checkpoint.config import ModelConfig
from edge_export.checkpoint.source import Source
from edge_export.checkpoint.weights import Weights
from edge_export.graph_spec import (
    ComputeDtype,
    GraphSpec,
    Lowering,
    aligner_spec,
    decoder_spec,
    encoder_spec,
)
from edge_export.graphs.write import write_graph, write_parity_graph


class WrittenGraphs:
    def __init__(self, checkpoint: Path, root: Path) -> None:
        self.checkpoint: Checkpoint = read_checkpoint(Source(checkpoint, "tiny", "tiny"))
        self.config: ModelConfig = self.checkpoint.config
        self.weights: Weights = self.checkpoint.weights
        self._root = root

    def spec(
        self, name: str, lowering: Lowering, dtype: ComputeDtype, kv_capacity: int | str = "kv_capacity"
    ) -> GraphSpec:
        if name == "encoder":
            return encoder_spec(self.config.audio, lowering=lowering, dtype=dtype)
        if name == "aligner":
            return aligner_spec(self.config.text, lowering=lowering, dtype=dtype)
        return decoder_spec(self.config.text, kv_capacity, lowering=lowering, dtype=dtype)

    def path(self, spec: GraphSpec) -> Path:
        """Return the graph; beside it lies the one with logits, if it has any."""
        capacity = spec.outputs[-1].shape[2] if spec.name == "decoder" else ""
        directory = self._root / f"{spec.name}-{spec.lowering}-{spec.dtype}-{capacity}"
        if not directory.is_dir():
            directory.mkdir()
            write_graph(spec, self.config, self.weights, directory)
            if spec.inner:
                write_parity_graph(spec, directory)
        return directory / spec.file_name

    def session(self, name: str, lowering: Lowering, dtype: ComputeDtype = "float32") -> ort.InferenceSession:
        """Open a graph, with logits if it has any."""
        spec = self.spec(name, lowering, dtype)
        path = self.path(spec)
        options = ort.SessionOptions()
        # Errors only: ORT warns that past and present have different addresses here.
        options.log_severity_level = 3
        options.intra_op_num_threads = 1
        chosen = path.with_name(spec.parity_name) if spec.inner else path
        return ort.InferenceSession(str(chosen), options, providers=["CPUExecutionProvider"])


Open = Callable[[str, Lowering, ComputeDtype], ort.InferenceSession]
_NUMPY = {"tensor(float)": np.float32, "tensor(float16)": np.float16}


class Stepper:
    """A decoder graph of either lowering and its cache, kept in numpy."""

    def __init__(self, session: ort.InferenceSession, batch: int, rows: int, fill: float = 0.0) -> None:
        self._session = session
        self.lengths = np.zeros(batch, np.int64)
        self.past = {}
        for tensor in session.get_inputs():
            if tensor.name.startswith("past"):
                shape = (batch, tensor.shape[1], rows, tensor.shape[3])
                self.past[tensor.name] = np.full(shape, fill, _NUMPY[tensor.type])

    def run(
        self, ids: np.ndarray, audio_index: np.ndarray, audio: np.ndarray, valid: list[int] | None = None
    ) -> np.ndarray:
        """Run tokens (B, S), of which the first `valid` of each row count; return logits (B, V)."""
        counts = np.array(valid or [ids.shape[1]] * len(ids))
        return self._run(ids, audio_index, audio, counts, counts[:, None] - 1)["logits"][:, 0]

    def score(self, ids: np.ndarray, audio_index: np.ndarray, audio: np.ndarray) -> dict[str, np.ndarray]:
        """Run tokens (B, S) and score each; return the outputs (B, S), and logits (B, S, V)."""
        batch, length = ids.shape
        scored = np.tile(np.arange(length), (batch, 1))
        return self._run(ids, audio_index, audio, np.full(batch, length), scored)

    def _run(
        self,
        ids: np.ndarray,
        audio_index: np.ndarray,
        audio: np.ndarray,
        counts: np.ndarray,
        scored: np.ndarray,
    ) -> dict[str, np.ndarray]:
        feeds = {"input_ids": ids, "audio_index": audio_index, "audio_embeds": audio}
        feeds |= {"cache_len": self.lengths, "last_index": scored} | self.past
        names = [output.name for output in self._session.get_outputs()]
        outputs = dict(zip(names, self._session.run(None, feeds), strict=True))
        self._keep(outputs, ids.shape[1])
        self.lengths = self.lengths + counts
        return outputs

    def _keep(self, outputs: dict[str, np.ndarray], count: int) -> None:
        if "delta" not in outputs:
            self.past = {name: outputs[name.replace("past", "present")] for name in self.past}
            return
        parts = np.split(outputs["delta"], len(self.past), axis=1)
        for past, part in zip(self.past.values(), parts, strict=True):
            for row, length in enumerate(self.lengths):
                room = past[row, :, length : length + count]
                room[:] = part[row, :, : room.shape[1]]

    def rows(self, sequence: int) -> np.ndarray:
        """Return the valid cache rows (2 × L × K, P, D) in the legacy order."""
        tensors = [tensor[sequence, :, : self.lengths[sequence]] for tensor in self.past.values()]
        return np.concatenate(tensors)
