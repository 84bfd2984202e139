"""The parts of a manifest: what it says of tensors, graphs, engines, and of the model's stages."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from edge_runtime.bundle.values import (
    Dims,
    FftSize,
    FileName,
    Frequency,
    Label,
    LogFloor,
    LogProb,
    Name,
    NumBytes,
    NumFrames,
    NumHypotheses,
    NumLayers,
    NumMels,
    NumSamples,
    NumTokens,
    NumTokensOrNone,
    Opset,
    Positive,
    SampleRate,
    Seconds,
    Sha256,
    Share,
    Text,
    TokenId,
    TokenIds,
    Width,
)


class StrictStruct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A strict, immutable part of a manifest."""


class DimRange(StrictStruct, frozen=True):
    """Sizes that a dynamic dimension may have in an optimisation profile, and the one it is tuned for."""

    min: NumTokens
    opt: NumTokens
    max: NumTokens


class EngineProfile(StrictStruct, frozen=True):
    """One optimisation profile; the index in `EngineRecord.profiles` is its index in the engine."""

    name: Label
    dims: dict[Label, DimRange]
    """Label of every dynamic dimension of the component's inputs → its range."""


CAPACITY_DIM: Final = "kv_capacity"
"""Dimension of a decoder's inputs: cache rows that a call reads. The profiles of an engine fix a few."""
COMPILED_FROM: Final = "compiled_from:"
"""Start of the flag of an engine that names the portable bundle it was compiled from."""


class EngineRecord(StrictStruct, frozen=True):
    """How a serialised engine was built: the key by which a stale one is recognized (`staleness.py`)."""

    builder: Literal["tensorrt", "tensorrt-rtx"]
    version: Label
    """Version of the library that built it; another version may refuse the engine, or run it otherwise."""
    platform: Label
    """Operating system and processor, as `linux-x86_64`."""
    compute_capabilities: tuple[Label, ...]
    """Compute capabilities of the GPUs that it runs on, as `8.7`."""
    gpu: Text | None
    """Label of the GPU that it was tuned on; None if it was compiled ahead for all of its capabilities."""
    driver: Text | None
    """Newest CUDA version that the driver of that GPU supported, as `13.2`."""
    onnx: dict[FileName, Sha256]
    """File name → sha256 of the graph and its weights, which are not part of the bundle."""
    profiles: tuple[EngineProfile, ...]
    flags: tuple[Text, ...]
    """Other choices that shaped the engine, as `attention=decomposable`; sorted."""
    kv_capacity: NumTokens | None
    """Most cache rows, to which a profile goes; None for a graph without cache."""
    recipe: Text
    multiprocessors: NumTokens | None = None
    """Streaming multiprocessors of that GPU; boards of one name differ in them. None where unknown."""
    gpu_memory: NumBytes | None = None
    """Bytes of that GPU's memory; None where unknown."""
    call_ms: float | None = None
    """Median milliseconds on that GPU of an aligner's pass, or of a decoder's step that reads the fewest
    cache rows; None where not measured."""


class TensorSpec(StrictStruct, frozen=True):
    """One graph input or output. A string in `shape` names a dynamic dimension."""

    name: Label
    dtype: Literal["float32", "float16", "bfloat16", "int64", "int32", "int8", "bool"]
    shape: Dims


class Component(StrictStruct, frozen=True):
    """One graph of the bundle; `graph` is a key of `Manifest.files`, an ONNX file or a serialised engine."""

    graph: FileName
    precision: Name
    lowering: Label
    opset: Opset
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    engine: EngineRecord | None = None
    """Of targets "tensorrt" and "tensorrt-rtx"."""


class FeatureSpec(StrictStruct, frozen=True):
    """Parameters of the log-mel front end; `edge_runtime.model.fbank` is their only reader."""

    sample_rate: SampleRate
    n_fft: FftSize
    hop_length: FftSize
    n_mels: NumMels
    fmin: Frequency
    fmax: Frequency
    mel_scale: Literal["slaney"]
    mel_norm: Literal["slaney"]
    log_floor: LogFloor
    dynamic_range: Positive
    min_samples: NumSamples


class EncoderSpec(StrictStruct, frozen=True):
    """Geometry of the audio encoder, in mel frames and audio tokens."""

    chunk_frames: NumFrames
    chunk_tokens: NumFrames
    window_frames: NumFrames
    hidden_size: Width
    output_size: Width


class DecoderSpec(StrictStruct, frozen=True):
    """Geometry of the text decoder and of its key/value cache."""

    num_layers: NumLayers
    num_heads: Width
    num_kv_heads: Width
    head_dim: Width
    hidden_size: Width
    vocab_size: NumTokens
    kv_dtype: Literal["float32", "float16", "bfloat16"]
    kv_capacity: NumTokens | None
    """Most cache rows of an engine, or None where the capacity is chosen at run time."""


class PromptSpec(StrictStruct, frozen=True):
    """Token ids around context and audio, derived from the checkpoint's own tokenizer.

    prompt = before_context + context + before_audio + audio_id × A + after_audio [+ forced language]
    """

    before_context: TokenIds
    before_audio: TokenIds
    audio_id: TokenId
    after_audio: TokenIds
    text_tag: Label
    text_tag_id: TokenId
    eos_ids: TokenIds
    special_ids: TokenIds
    """Ids removed when generated ids are decoded; the text tag is not among them."""


class ConfidenceSpec(StrictStruct, frozen=True):
    """Mean natural log-probabilities of texts that tell wrong ones; models differ in them."""

    doubtful_logprob: LogProb
    """Segments below are decoded again with more around them."""
    low_logprob: LogProb
    """Texts below have the status `low_confidence`."""


class CommitSpec(StrictStruct, frozen=True):
    """Figures of the commit policy `probability`; `streaming/commit/options.py` says what each does."""

    agreement: NumHypotheses
    hold_back: NumTokensOrNone
    min_logprob: LogProb
    long_agreement: NumHypotheses
    shown_min_logprob: LogProb


class MatchSpec(StrictStruct, frozen=True):
    """How sure an aligner is of texts that are spoken; models differ in it."""

    confidence: Share
    """Median over recordings of the mean confidence of the words of a right text."""
    min_score: Share
    """Texts whose score of the match is lower are said not to be what is spoken."""


class AlignerSpec(StrictStruct, frozen=True):
    """The forced aligner's prompt and its answer.

    prompt = audio_start_id + audio_id × A + audio_end_id + for each unit of the text (its ids + slot_id × 2)

    No chat markers: three more tokens in front of the audio shift the times. The class that the model names
    at a slot, times `bin_ms`, is when the unit before it starts (first slot) or ends (second slot).
    """

    num_classes: NumTokens
    bin_ms: Positive
    audio_start_id: TokenId
    audio_id: TokenId
    audio_end_id: TokenId
    slot_id: TokenId
    hidden_size: Width
    max_positions: NumTokens
    """Longest prompt, in tokens."""
    max_audio_s: Seconds
    """Longest audio in one pass; longer recordings are aligned window by window."""
    match: MatchSpec | None = None
    """None where the build had no recordings to measure it on: then the runtime has a default."""
