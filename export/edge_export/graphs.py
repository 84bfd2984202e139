"""The graphs' signatures: names, dtypes and dimensions, in one place for tracing, manifest and tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from edge_runtime.manifest import Component, TensorSpec

if TYPE_CHECKING:
    from edge_export.config import AudioConfig, ModelConfig, TextConfig

OPSET: Final = 24
LOGITS: Final = "logits"
"""Inner value of the decoder and aligner graphs that a parity build makes an output."""

PARITY_GRAPH_NAME: Final = "decoder.parity.onnx"
"""The decoder graph's `GraphSpec.parity_name`."""

Lowering = Literal["modern"]


@dataclass(frozen=True, slots=True)
class GraphSpec:
    """One graph.

    Attributes:
        name: component and file stem.
        inputs: in the order of the traced module's arguments, sequences flattened.
        outputs: in the order of the traced module's results.
        inner: names of results that are no output of the graph, traced after the outputs.
    """

    name: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    inner: tuple[str, ...] = ()

    @property
    def file_name(self) -> str:
        """The graph's file; its weights lie beside it."""
        return f"{self.name}.onnx"

    @property
    def data_name(self) -> str:
        """The weights' file."""
        return f"{self.name}.onnx.data"

    @property
    def parity_name(self) -> str:
        """The graph with its logits as an output, over the same weights; never part of a bundle."""
        return f"{self.name}.parity.onnx"

    def component(self, precision: str, lowering: Lowering) -> Component:
        """Describe the graph for the manifest."""
        return Component(
            graph=self.file_name,
            precision=precision,
            lowering=lowering,
            opset=OPSET,
            inputs=self.inputs,
            outputs=self.outputs,
        )


def graph_specs(config: ModelConfig) -> tuple[GraphSpec, GraphSpec]:
    """Return the signatures of the encoder and of the decoder or aligner."""
    head = decoder_spec(config.text) if config.kind == "asr" else aligner_spec(config.text)
    return encoder_spec(config.audio), head


def encoder_spec(audio: AudioConfig) -> GraphSpec:
    """Return the encoder's signature; frames and tokens of a window grow together, chunk by chunk."""
    return GraphSpec(
        name="encoder",
        inputs=(
            TensorSpec(name="mel_windows", dtype="float32", shape=("windows", audio.num_mel_bins, "frames")),
            TensorSpec(name="key_mask", dtype="bool", shape=("windows", "tokens")),
        ),
        outputs=(
            TensorSpec(
                name="audio_embeddings", dtype="float32", shape=("windows", "tokens", audio.output_dim)
            ),
        ),
    )


def decoder_spec(text: TextConfig, kv_capacity: int | str = "kv_capacity") -> GraphSpec:
    """Return the decoder's signature; a number for `kv_capacity` fixes the cache rows in the graph."""
    cache = ("batch", text.num_kv_heads, kv_capacity, text.head_dim)
    return GraphSpec(
        name="decoder",
        inputs=(
            TensorSpec(name="input_ids", dtype="int64", shape=("batch", "sequence")),
            TensorSpec(name="audio_index", dtype="int64", shape=("batch", "sequence")),
            TensorSpec(name="audio_embeds", dtype="float32", shape=("audio_tokens", text.hidden_size)),
            TensorSpec(name="cache_len", dtype="int64", shape=("batch",)),
            TensorSpec(name="last_index", dtype="int64", shape=("batch",)),
            *_cache_tensors("past", text.num_layers, cache),
        ),
        outputs=(
            TensorSpec(name="next_token", dtype="int64", shape=("batch",)),
            TensorSpec(name="logprob", dtype="float32", shape=("batch",)),
            *_cache_tensors("present", text.num_layers, cache),
        ),
        inner=(LOGITS,),
    )


def aligner_spec(text: TextConfig) -> GraphSpec:
    """Return the aligner's signature."""
    return GraphSpec(
        name="aligner",
        inputs=(
            TensorSpec(name="input_ids", dtype="int64", shape=("batch", "sequence")),
            TensorSpec(name="audio_index", dtype="int64", shape=("batch", "sequence")),
            TensorSpec(name="audio_embeds", dtype="float32", shape=("audio_tokens", text.hidden_size)),
            TensorSpec(name="slot_index", dtype="int64", shape=("batch", "slots")),
        ),
        outputs=(
            TensorSpec(name="class_id", dtype="int64", shape=("batch", "slots")),
            TensorSpec(name="logprob", dtype="float32", shape=("batch", "slots")),
        ),
        inner=(LOGITS,),
    )


def _cache_tensors(prefix: str, num_layers: int, shape: tuple[int | str, ...]) -> tuple[TensorSpec, ...]:
    return tuple(
        TensorSpec(name=f"{prefix}_{part}_{layer}", dtype="float32", shape=shape)
        for layer in range(num_layers)
        for part in ("key", "value")
    )
