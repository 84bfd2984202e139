"""What transformers understands of config.json, field by field, against what the exporter read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from transformers import Qwen3ASRConfig

from edge_export.parity.transformers_model import read_model_config
from edge_runtime.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edge_export.checkpoint.checkpoint import Checkpoint
    from edge_export.checkpoint.config import ModelConfig

_NO_EFFECT: Final = frozenset({
    *("_name_or_path", "architectures", "dtype", "model_type", "transformers_version"),
    *("return_dict", "output_hidden_states", "output_attentions", "use_cache", "chunk_size_feed_forward"),
    # Of training.
    *("dropout", "attention_dropout", "activation_dropout", "initializer_range", "problem_type"),
    # An encoder needs one for each token of a chunk, and ignores more.
    "max_position_embeddings",
    # Read elsewhere: names of classes, ids that end a text, and the parts, which are compared on their own.
    *("id2label", "label2id", "eos_token_id", "pad_token_id", "bos_token_id", "audio_config", "text_config"),
    # Of a sliding window, which is compared by the kind of each layer.
    *("max_window_layers", "sliding_window", "use_sliding_window"),
    "is_encoder_decoder",
})  # fmt: skip
_ROPE_NO_EFFECT: Final = frozenset(
    # M-RoPE equals RoPE here: audio and text advance all three indices alike.
    {"type", "mrope_section", "interleaved", "mrope_interleaved"}
)


def require_same_reading(checkpoint: Checkpoint) -> None:
    """Refuse a configuration of which transformers understands more than the graphs compute.

    Raises:
        CheckpointError: with the field, what transformers has and what is built.
    """
    config = read_model_config(checkpoint.source.directory)
    for field, theirs, ours in _differences(config, checkpoint.config):
        raise CheckpointError(
            f"{checkpoint.source.directory / 'config.json'}: {field} is {theirs!r} in transformers' reading; "
            f"edge-asr builds {ours!r} only."
        )


def _differences(config: Qwen3ASRConfig, ours: ModelConfig) -> Iterator[tuple[str, Any, Any]]:
    theirs, defaults = config.to_dict(), Qwen3ASRConfig().to_dict()
    # transformers ties by the flag of the whole model.
    del defaults["text_config"]["tie_word_embeddings"]
    if ours.aligner is None:  # only an aligner has slots
        defaults.pop("timestamp_token_id", None)
    yield from _section("", theirs, defaults | _top(ours))
    for part, read in (("audio_config", _audio(ours)), ("text_config", _text(ours))):
        yield from _section(f"{part}.", theirs[part], defaults[part] | read)
    positions, tokens = theirs["audio_config"]["max_position_embeddings"], ours.audio.chunk_tokens
    if positions < tokens:
        yield "audio_config.max_position_embeddings", positions, f"{tokens} or more"
    if ours.aligner and config.num_labels != ours.aligner.num_classes:
        yield "num_labels", config.num_labels, ours.aligner.num_classes


def _section(
    prefix: str, theirs: Mapping[str, Any], ours: Mapping[str, Any]
) -> Iterator[tuple[str, Any, Any]]:
    # A field that its class does not declare is read by nobody.
    for name in sorted((theirs.keys() & ours.keys()) - _NO_EFFECT):
        value = theirs[name]
        if name == "rope_parameters":
            value = {key: each for key, each in value.items() if key not in _ROPE_NO_EFFECT}
        if value != ours[name]:
            yield prefix + name, value, ours[name]


def _top(config: ModelConfig) -> dict[str, Any]:
    slot = config.aligner.slot_id if config.aligner else None
    stated = {} if slot is None else {"timestamp_token_id": slot}
    return {"audio_token_id": config.audio_token_id, "tie_word_embeddings": config.ties_head, **stated}


def _audio(config: ModelConfig) -> dict[str, Any]:
    audio = config.audio
    return {
        "d_model": audio.d_model,
        "encoder_layers": audio.num_layers,
        "encoder_attention_heads": audio.num_heads,
        "encoder_ffn_dim": audio.ffn_dim,
        "output_dim": audio.output_dim,
        "num_mel_bins": audio.num_mel_bins,
        "downsample_hidden_size": audio.conv_channels,
        "n_window": audio.chunk_frames // 2,
        "n_window_infer": audio.window_frames,
    }


def _text(config: ModelConfig) -> dict[str, Any]:
    text = config.text
    return {
        "hidden_size": text.hidden_size,
        "num_hidden_layers": text.num_layers,
        "num_attention_heads": text.num_heads,
        "num_key_value_heads": text.num_kv_heads,
        "head_dim": text.head_dim,
        "intermediate_size": text.intermediate_size,
        "vocab_size": text.vocab_size,
        "rms_norm_eps": text.rms_norm_eps,
        "rope_parameters": {"rope_theta": text.rope_theta, "rope_type": "default"},
        "layer_types": ["full_attention"] * text.num_layers,
    }
