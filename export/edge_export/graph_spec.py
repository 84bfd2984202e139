"""The graphs' signatures: names, dtypes and dimensions, in one place for tracing, manifest and tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from edge_runtime.bundle.specs import CAPACITY_DIM, Component, TensorSpec
from edge_runtime.model.kv_memory import CACHE_ROWS, DELTA

if TYPE_CHECKING:
    from edge_export.checkpoint.config import AudioConfig, TextConfig

Lowering = Literal["modern", "legacy", "ort", "cuda"]
"""How a graph is written: `modern` for ONNX Runtime, TensorRT from 10.15 and TensorRT-RTX; `legacy` with the
operators and the cache that TensorRT 10.0 to 10.14 supports; `ort` with operators that ONNX Runtime adds;
`cuda` with those of them that have CUDA kernels."""

ComputeDtype = Literal["float32", "float16", "bfloat16"]
"""Of products, their weights and the cache; everything else in a graph is float32."""

OPSETS: Final[Mapping[Lowering, int]] = {"modern": 24, "legacy": 19, "ort": 23, "cuda": 18}
"""Version of the standard operators. ONNX Runtime 1.23, the last for Python 3.10, loads 23 at most; 19 is the
first whose `DequantizeLinear` gives float16."""
INT4_OPSETS: Final[Mapping[Lowering, int]] = {**OPSETS, "legacy": 21}
"""Of graphs that store four-bit codes: 21 is the first opset that has them."""
LOGITS: Final = "logits"
"""Inner value of the decoder and aligner graphs that a parity build makes an output."""

PARITY_GRAPH_NAME: Final = "decoder.parity.onnx"
"""The decoder graph's `GraphSpec.parity_name`."""


@dataclass(frozen=True, slots=True)
class GraphSpec:
    """One graph.

    Attributes:
        name: component and file stem.
        inputs: in the order of the traced module's arguments, sequences flattened.
        outputs: in the order of the traced module's results.
        inner: names of results that are not outputs of the graph, traced after the outputs.
        lowering: how it is written.
        dtype: of its products.
        stores_int4: whether a matrix of it is stored in four-bit codes.
    """

    name: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    inner: tuple[str, ...] = ()
    lowering: Lowering = "modern"
    dtype: ComputeDtype = "float32"
    stores_int4: bool = False

    @property
    def opset(self) -> int:
        """Version of the standard operators."""
        return (INT4_OPSETS if self.stores_int4 else OPSETS)[self.lowering]

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

    def component(self, precision: str) -> Component:
        """Describe the graph for the manifest."""
        return Component(
            graph=self.file_name,
            precision=precision,
            lowering=self.lowering,
            opset=self.opset,
            inputs=self.inputs,
            outputs=self.outputs,
        )


def encoder_spec(
    audio: AudioConfig, *, lowering: Lowering = "modern", dtype: ComputeDtype = "float32"
) -> GraphSpec:
    """Return the encoder's signature; frames and tokens of a window grow together, chunk by chunk.

    Its embeddings are float32 in every compute dtype: the decoder's residual stream begins with them, they
    pass through the host, and 12.5 rows a second cost little.
    """
    return GraphSpec(
        name="encoder",
        lowering=lowering,
        dtype=dtype,
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


def decoder_spec(
    text: TextConfig,
    kv_capacity: int | str = CAPACITY_DIM,
    *,
    lowering: Lowering = "modern",
    dtype: ComputeDtype = "float32",
    kv_dtype: ComputeDtype | None = None,
) -> GraphSpec:
    """Return the decoder's signature.

    A call scores N of its tokens, the dimension `scored`: 1, or several where it verifies a draft.

    Args:
        text: its geometry.
        kv_capacity: cache rows; a number fixes them in the graph. A graph of `modern` then has an input that
            says how many of them to read: TensorRT updates no cache in place whose rows are open.
        lowering: how the graph is written.
        dtype: of the products.
        kv_dtype: of the cache, None for that of the products; only the `ort` lowering converts.
    """
    past, present = _CACHES[lowering](text, kv_capacity, kv_dtype or dtype)
    scored = ("batch", "scored")
    read = TensorSpec(name=CACHE_ROWS, dtype="int64", shape=(CAPACITY_DIM,))
    reads_some = lowering == "modern" and isinstance(kv_capacity, int)
    return GraphSpec(
        name="decoder",
        lowering=lowering,
        dtype=dtype,
        inputs=(
            TensorSpec(name="input_ids", dtype="int64", shape=("batch", "sequence")),
            TensorSpec(name="audio_index", dtype="int64", shape=("batch", "sequence")),
            TensorSpec(name="audio_embeds", dtype="float32", shape=("audio_tokens", text.hidden_size)),
            TensorSpec(name="cache_len", dtype="int64", shape=("batch",)),
            TensorSpec(name="last_index", dtype="int64", shape=scored),
            *past,
            *((read,) if reads_some else ()),
        ),
        outputs=(
            TensorSpec(name="next_token", dtype="int64", shape=scored),
            TensorSpec(name="logprob", dtype="float32", shape=scored),
            TensorSpec(name="margin", dtype="float32", shape=scored),
            *present,
        ),
        inner=(LOGITS,),
    )


def aligner_spec(
    text: TextConfig, *, lowering: Lowering = "modern", dtype: ComputeDtype = "float32"
) -> GraphSpec:
    """Return the aligner's signature."""
    return GraphSpec(
        name="aligner",
        lowering=lowering,
        dtype=dtype,
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


_Cache = tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]
"""Inputs and outputs that carry the cache."""


def _buffers(text: TextConfig, capacity: int | str, dtype: ComputeDtype) -> _Cache:
    """Return one buffer for the keys and one for the values of every layer, which the graph updates."""
    shape = ("batch", text.num_kv_heads, capacity, text.head_dim)
    parts = [f"{part}_{layer}" for layer in range(text.num_layers) for part in ("key", "value")]
    past, present = (
        tuple(TensorSpec(name=f"{prefix}_{part}", dtype=dtype, shape=shape) for part in parts)
        for prefix in ("past", "present")
    )
    return past, present


def _delta(text: TextConfig, capacity: int | str, dtype: ComputeDtype) -> _Cache:
    """Return one buffer for the keys and one for the values of every layer, and one output with new rows."""
    past, _ = _buffers(text, capacity, dtype)
    heads = 2 * text.num_layers * text.num_kv_heads
    return past, (TensorSpec(name=DELTA, dtype=dtype, shape=("batch", heads, "sequence", text.head_dim)),)


_CACHES: Final[Mapping[Lowering, Callable[[TextConfig, int | str, ComputeDtype], _Cache]]] = {
    "modern": _buffers,
    "legacy": _delta,
    "ort": _buffers,
    "cuda": _buffers,
}
