"""The parts of a manifest: what it says of tensors, graphs, engines, and of the model's stages."""

from __future__ import annotations

from typing import Final, Literal

import msgspec


class StrictStruct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A strict, immutable part of a manifest."""


class DimRange(StrictStruct, frozen=True):
    """Sizes that a dynamic dimension may have in an optimisation profile, and the one it is tuned for."""

    min: int
    opt: int
    max: int


class EngineProfile(StrictStruct, frozen=True):
    """One optimisation profile; the index in `EngineRecord.profiles` is its index in the engine."""

    name: str
    dims: dict[str, DimRange]
    """Name of every dynamic dimension of the component's inputs → its range."""


CAPACITY_DIM: Final = "kv_capacity"
"""Dimension of a decoder's inputs: cache rows that a call reads. The profiles of an engine fix a few."""
COMPILED_FROM: Final = "compiled_from:"
"""Start of the flag of an engine that names the portable bundle it was compiled from."""


class EngineRecord(StrictStruct, frozen=True):
    """How a serialised engine was built: the key by which a stale one is recognized (`staleness.py`)."""

    builder: Literal["tensorrt", "tensorrt-rtx"]
    version: str
    """Version of the library that built it; another version may refuse the engine, or run it otherwise."""
    platform: str
    """Operating system and processor, as `linux-x86_64`."""
    compute_capabilities: tuple[str, ...]
    """Compute capabilities of the GPUs that it runs on, as `8.7`."""
    gpu: str | None
    """Name of the GPU that it was tuned on; None if it was compiled ahead for all of its capabilities."""
    driver: str | None
    """Newest CUDA version that the driver of that GPU supported, as `13.2`."""
    onnx: dict[str, str]
    """File name → sha256 of the graph and its weights, which are not part of the bundle."""
    profiles: tuple[EngineProfile, ...]
    flags: tuple[str, ...]
    """Other choices that shaped the engine, as `attention=decomposable`; sorted."""
    kv_capacity: int | None
    """Most cache rows, to which a profile goes; None for a graph without cache."""
    recipe: str
    multiprocessors: int | None = None
    """Streaming multiprocessors of that GPU; boards of one name differ in them. None where unknown."""
    gpu_memory: int | None = None
    """Bytes of that GPU's memory; None where unknown."""


class TensorSpec(StrictStruct, frozen=True):
    """One graph input or output. A string in `shape` names a dynamic dimension."""

    name: str
    dtype: Literal["float32", "float16", "bfloat16", "int64", "int32", "int8", "bool"]
    shape: tuple[int | str, ...]


class Component(StrictStruct, frozen=True):
    """One graph of the bundle; `graph` is a key of `Manifest.files`, an ONNX file or a serialised engine."""

    graph: str
    precision: str
    lowering: str
    opset: int
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    engine: EngineRecord | None = None
    """Of targets "tensorrt" and "tensorrt-rtx"."""


class FeatureSpec(StrictStruct, frozen=True):
    """Parameters of the log-mel front end; `edge_runtime.model.fbank` is their only reader."""

    sample_rate: int
    n_fft: int
    hop_length: int
    n_mels: int
    fmin: float
    fmax: float
    mel_scale: Literal["slaney"]
    mel_norm: Literal["slaney"]
    log_floor: float
    dynamic_range: float
    min_samples: int


class EncoderSpec(StrictStruct, frozen=True):
    """Geometry of the audio encoder, in mel frames and audio tokens."""

    chunk_frames: int
    chunk_tokens: int
    window_frames: int
    hidden_size: int
    output_size: int


class DecoderSpec(StrictStruct, frozen=True):
    """Geometry of the text decoder and of its key/value cache."""

    num_layers: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    hidden_size: int
    vocab_size: int
    kv_dtype: Literal["float32", "float16", "bfloat16"]
    kv_capacity: int | None
    """Most cache rows of an engine, or None where the capacity is chosen at run time."""


class PromptSpec(StrictStruct, frozen=True):
    """Token ids around context and audio, derived from the checkpoint's own tokenizer.

    prompt = before_context + context + before_audio + audio_id × A + after_audio [+ forced language]
    """

    before_context: tuple[int, ...]
    before_audio: tuple[int, ...]
    audio_id: int
    after_audio: tuple[int, ...]
    text_tag: str
    text_tag_id: int
    eos_ids: tuple[int, ...]
    special_ids: tuple[int, ...]
    """Ids removed when generated ids are decoded; the text tag is not among them."""


class AlignerSpec(StrictStruct, frozen=True):
    """The forced aligner's prompt and its answer.

    prompt = audio_start_id + audio_id × A + audio_end_id + for each unit of the text (its ids + slot_id × 2)

    No chat markers: three more tokens in front of the audio shift the times. The class that the model names
    at a slot, times `bin_ms`, is when the unit before it starts (first slot) or ends (second slot).
    """

    num_classes: int
    bin_ms: float
    audio_start_id: int
    audio_id: int
    audio_end_id: int
    slot_id: int
    hidden_size: int
    max_positions: int
    """Longest prompt, in tokens."""
    max_audio_s: float
    """Longest audio in one pass; longer recordings are aligned window by window."""
