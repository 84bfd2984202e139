"""A valid manifest of a tiny model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from edge_runtime.bundle.manifest import SCHEMA, FileEntry, Language, Limits, Manifest, Provenance, Tolerances
from edge_runtime.bundle.specs import Component, DecoderSpec, EncoderSpec, FeatureSpec, PromptSpec, TensorSpec

HIDDEN_SIZE = 4
HEAD_DIM = 1
LOGPROB = -1 / 64
MAX_AUDIO_S = 30.0

FEATURES = FeatureSpec(
    sample_rate=16_000,
    n_fft=400,
    hop_length=160,
    n_mels=128,
    fmin=0.0,
    fmax=8000.0,
    mel_scale="slaney",
    mel_norm="slaney",
    log_floor=1e-10,
    dynamic_range=8.0,
    min_samples=8000,
)
ENCODER = EncoderSpec(
    chunk_frames=100, chunk_tokens=13, window_frames=800, hidden_size=HIDDEN_SIZE, output_size=HIDDEN_SIZE
)
LIMITS = Limits(
    max_audio_s=MAX_AUDIO_S, max_positions=2000, max_new_tokens=500, prefill_chunk=64, encoder_batch=2
)
LANGUAGES = (
    Language(name="English", code="en", force_ids=(11, 12, 13)),
    Language(name="Cantonese", code="yue", force_ids=(11, 14, 15, 13)),
    Language(name="Chinese", code="zh", force_ids=(11, 16, 13)),
)
PROMPT = PromptSpec(
    before_context=(1, 2, 3),
    before_audio=(4, 3, 1, 5, 3, 6),
    audio_id=9,
    after_audio=(7, 4, 3, 1, 8, 3),
    text_tag="<asr_text>",
    text_tag_id=13,
    eos_ids=(0, 4),
    special_ids=(0, 1, 4, 6, 7, 9),
)

_CACHE = ("batch", 1, "kv_capacity", HEAD_DIM)
DECODER_COMPONENT = Component(
    graph="decoder.onnx",
    precision="fp32",
    lowering="modern",
    opset=23,
    inputs=(
        TensorSpec(name="input_ids", dtype="int64", shape=("batch", "sequence")),
        TensorSpec(name="audio_index", dtype="int64", shape=("batch", "sequence")),
        TensorSpec(name="audio_embeds", dtype="float32", shape=("audio_tokens", HIDDEN_SIZE)),
        TensorSpec(name="cache_len", dtype="int64", shape=("batch",)),
        TensorSpec(name="last_index", dtype="int64", shape=("batch",)),
        TensorSpec(name="past_key_0", dtype="float32", shape=_CACHE),
        TensorSpec(name="past_value_0", dtype="float32", shape=_CACHE),
    ),
    outputs=(
        TensorSpec(name="next_token", dtype="int64", shape=("batch",)),
        TensorSpec(name="logprob", dtype="float32", shape=("batch",)),
        TensorSpec(name="present_key_0", dtype="float32", shape=_CACHE),
        TensorSpec(name="present_value_0", dtype="float32", shape=_CACHE),
    ),
)
_SCORED = ("batch", "scored")


def scoring(component: Component) -> Component:
    """Describe a decoder that scores several tokens of a call, and by how much each wins."""
    scored = {"last_index", "next_token", "logprob"}

    def described(specs: tuple[TensorSpec, ...]) -> tuple[TensorSpec, ...]:
        return tuple(
            msgspec.structs.replace(spec, shape=_SCORED) if spec.name in scored else spec for spec in specs
        )

    margin = TensorSpec(name="margin", dtype="float32", shape=_SCORED)
    outputs = described(component.outputs)
    return msgspec.structs.replace(
        component, inputs=described(component.inputs), outputs=(*outputs[:2], margin, *outputs[2:])
    )


ENCODER_COMPONENT = Component(
    graph="encoder.onnx",
    precision="fp32",
    lowering="modern",
    opset=23,
    inputs=(
        TensorSpec(name="mel_windows", dtype="float32", shape=("windows", 128, "frames")),
        TensorSpec(name="key_mask", dtype="bool", shape=("windows", "tokens")),
    ),
    outputs=(TensorSpec(name="audio_embeddings", dtype="float32", shape=("windows", "rows", HIDDEN_SIZE)),),
)


def decoder_spec(vocab_size: int = 100, kv_capacity: int | None = None) -> DecoderSpec:
    """Return the geometry of the tiny decoder."""
    return DecoderSpec(
        num_layers=1,
        num_heads=1,
        num_kv_heads=1,
        head_dim=HEAD_DIM,
        hidden_size=HIDDEN_SIZE,
        vocab_size=vocab_size,
        kv_dtype="float32",
        kv_capacity=kv_capacity,
    )


def make_manifest(vocabulary: Mapping[str, int] | None = None, **changes: Any) -> Manifest:
    """Return a valid manifest.

    Args:
        vocabulary: token → id, to derive prompt and languages from; without it they are made up.
        changes: fields to set.
    """
    fields: dict[str, Any] = {
        "schema": SCHEMA,
        "name": "tiny",
        "kind": "asr",
        "target": "ort-cpu",
        "precision": "fp32",
        "components": {"encoder": ENCODER_COMPONENT, "decoder": DECODER_COMPONENT},
        "features": FEATURES,
        "encoder": ENCODER,
        "decoder": decoder_spec(len(vocabulary or range(100))),
        "prompt": _prompt(vocabulary) if vocabulary else PROMPT,
        "languages": _languages(vocabulary) if vocabulary else LANGUAGES,
        "limits": LIMITS,
        "selftest": Tolerances(features=2e-5, encoder=1e-4, logprobs=1e-4, tokens=0.0),
        "files": {"encoder.onnx": FileEntry(bytes=1, sha256="0" * 64)},
        "provenance": Provenance(
            model_id="tiny",
            revision=None,
            layout="hf",
            architecture="Qwen3ASRForConditionalGeneration",
            checkpoint_files={"model.safetensors": "0" * 64},
            tools={"edge-asr": "0.1.0"},
            command="edge-asr build-engines tiny",
        ),
    }
    return Manifest(**{**fields, **changes})


def _prompt(vocabulary: Mapping[str, int]) -> PromptSpec:
    def token_ids(text: str) -> tuple[int, ...]:
        return tuple(vocabulary[character] for character in text)

    newline = token_ids("\u010a")  # its byte-level name
    start, end = vocabulary["<|im_start|>"], vocabulary["<|im_end|>"]
    return PromptSpec(
        before_context=(start, *token_ids("system"), *newline),
        before_audio=(end, *newline, start, *token_ids("user"), *newline, vocabulary["<|audio_start|>"]),
        audio_id=vocabulary["<|audio_pad|>"],
        after_audio=(vocabulary["<|audio_end|>"], end, *newline, start, *token_ids("assistant"), *newline),
        text_tag="<asr_text>",
        text_tag_id=vocabulary["<asr_text>"],
        eos_ids=(vocabulary["<|endoftext|>"], end),
        special_ids=tuple(id_ for token, id_ in vocabulary.items() if token.startswith("<|")),
    )


def _languages(vocabulary: Mapping[str, int]) -> tuple[Language, ...]:
    first, tag = vocabulary["language"], vocabulary["<asr_text>"]
    space = vocabulary["\u0120"]  # its byte-level name
    english = Language(name="English", code="en", force_ids=(first, vocabulary["ĠEnglish"], tag))
    token_ids = tuple(vocabulary[character] for character in "Chinese")
    return (Language(name="Chinese", code="zh", force_ids=(first, space, *token_ids, tag)), english)
