"""Every tensor of a checkpoint: name in the -hf layout, shape, and name in the original layout.

Source: `convert_qwen3_asr_to_hf.py` of transformers for the names; the published files' sizes pin the shapes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edge_export.checkpoint.config import AudioConfig, ModelConfig, TextConfig
    from edge_runtime.bundle.manifest import Kind

Shape = tuple[int, ...]

EMBEDDING: Final = "model.language_model.embed_tokens.weight"
HEAD: Final = "lm_head.weight"
"""A copy of the embedding where it is tied, as in all released models; the original layout stores it."""
CLASSIFIER: Final = "score.weight"
"""The aligner's head; the original layout calls it lm_head."""

_ORIGINAL_TO_HF: Final = (
    ("thinker.audio_tower.proj1.", "model.multi_modal_projector.linear_1."),
    ("thinker.audio_tower.proj2.", "model.multi_modal_projector.linear_2."),
    ("thinker.audio_tower.", "model.audio_tower."),
    ("thinker.model.", "model.language_model."),
)
"""Prefixes, the longer before the shorter; tensors themselves are equal in both layouts."""
_HEADS: Final[Mapping[Kind, tuple[str, str]]] = {
    "asr": ("thinker.lm_head.", "lm_head."),
    "aligner": ("thinker.lm_head.", "score."),
}


def hf_name(name: str, kind: Kind = "asr") -> str:
    """Return the -hf name of a tensor of either layout."""
    return _renamed(name, (*_ORIGINAL_TO_HF, _HEADS[kind]))


def original_name(name: str) -> str:
    """Return the original-layout name of a tensor named as in -hf."""
    return _renamed(name, tuple((new, old) for old, new in (*_ORIGINAL_TO_HF, *_HEADS.values())))


def _renamed(name: str, table: tuple[tuple[str, str], ...]) -> str:
    for old, new in table:
        if name.startswith(old):
            return new + name.removeprefix(old)
    return name


def expected_shapes(config: ModelConfig) -> dict[str, Shape]:
    """Return -hf name → shape of every tensor a checkpoint must hold."""
    body = (*_audio_tower(config.audio), *_projector(config.audio), *_language_model(config.text))
    if config.aligner is None:
        head = {HEAD: (config.text.vocab_size, config.text.hidden_size)} if config.text.has_own_head else {}
        return {**dict(body), **head}
    return {**dict(body), CLASSIFIER: (config.aligner.num_classes, config.text.hidden_size)}


def _audio_tower(audio: AudioConfig) -> Iterator[tuple[str, Shape]]:
    prefix, width, channels = "model.audio_tower.", audio.d_model, audio.conv_channels
    for index, inputs in ((1, 1), (2, channels), (3, channels)):
        yield f"{prefix}conv2d{index}.weight", (channels, inputs, 3, 3)
        yield f"{prefix}conv2d{index}.bias", (channels,)
    yield f"{prefix}conv_out.weight", (width, audio.conv_features)
    for layer in range(audio.num_layers):
        yield from _audio_layer(f"{prefix}layers.{layer}.", audio)
    yield from _affine(f"{prefix}ln_post", (width,))


def _audio_layer(prefix: str, audio: AudioConfig) -> Iterator[tuple[str, Shape]]:
    width = audio.d_model
    yield from _affine(f"{prefix}self_attn_layer_norm", (width,))
    for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
        yield from _affine(f"{prefix}self_attn.{name}", (width, width))
    yield from _affine(f"{prefix}final_layer_norm", (width,))
    yield from _affine(f"{prefix}fc1", (audio.ffn_dim, width))
    yield from _affine(f"{prefix}fc2", (width, audio.ffn_dim))


def _projector(audio: AudioConfig) -> Iterator[tuple[str, Shape]]:
    yield from _affine("model.multi_modal_projector.linear_1", (audio.d_model, audio.d_model))
    yield from _affine("model.multi_modal_projector.linear_2", (audio.output_dim, audio.d_model))


def _language_model(text: TextConfig) -> Iterator[tuple[str, Shape]]:
    yield EMBEDDING, (text.vocab_size, text.hidden_size)
    for layer in range(text.num_layers):
        yield from _text_layer(f"model.language_model.layers.{layer}.", text)
    yield "model.language_model.norm.weight", (text.hidden_size,)


def _text_layer(prefix: str, text: TextConfig) -> Iterator[tuple[str, Shape]]:
    hidden, inner = text.hidden_size, text.intermediate_size
    queries, keys = text.num_heads * text.head_dim, text.num_kv_heads * text.head_dim
    shapes: dict[str, Shape] = {
        "input_layernorm": (hidden,),
        "self_attn.q_proj": (queries, hidden),
        "self_attn.k_proj": (keys, hidden),
        "self_attn.v_proj": (keys, hidden),
        "self_attn.q_norm": (text.head_dim,),
        "self_attn.k_norm": (text.head_dim,),
        "self_attn.o_proj": (hidden, queries),
        "post_attention_layernorm": (hidden,),
        "mlp.gate_proj": (inner, hidden),
        "mlp.up_proj": (inner, hidden),
        "mlp.down_proj": (hidden, inner),
    }
    for name, shape in shapes.items():
        yield f"{prefix}{name}.weight", shape


def _affine(name: str, shape: Shape) -> Iterator[tuple[str, Shape]]:
    yield f"{name}.weight", shape
    yield f"{name}.bias", shape[:1]
