"""Names of the text decoder's tensors and settings in a GGUF file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_DECODER: Final = re.compile(r"(?:thinker\.model|model\.language_model)\.(.+)\.weight")
_LAYER: Final = re.compile(r"layers\.(\d+)\.(.+)")
_OUTER: Final = {"embed_tokens": "token_embd", "norm": "output_norm"}
_INNER: Final = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def gguf_name(name: str) -> str | None:
    """Return a tensor's name in GGUF; None for the encoder's tensors, and for the head, which is tied.

    Args:
        name: in a checkpoint of either layout.
    """
    matched = _DECODER.fullmatch(name)
    if matched is None:
        return None
    layer = _LAYER.fullmatch(matched[1])
    if layer is None:
        return f"{_OUTER[matched[1]]}.weight"
    return f"blk.{layer[1]}.{_INNER[layer[2]]}.weight"


def metadata(config: Mapping[str, Any]) -> dict[str, int | float | str]:
    """Return the settings of the decoder, by their full keys, from the checkpoint's text configuration."""
    theta = config.get("rope_theta") or config["rope_parameters"]["rope_theta"]
    return {
        "qwen3.block_count": config["num_hidden_layers"],
        "qwen3.context_length": config["max_position_embeddings"],
        "qwen3.embedding_length": config["hidden_size"],
        "qwen3.feed_forward_length": config["intermediate_size"],
        "qwen3.attention.head_count": config["num_attention_heads"],
        "qwen3.attention.head_count_kv": config["num_key_value_heads"],
        "qwen3.attention.key_length": config["head_dim"],
        "qwen3.attention.value_length": config["head_dim"],
        "qwen3.attention.layer_norm_rms_epsilon": float(config["rms_norm_eps"]),
        "qwen3.rope.freq_base": float(theta),
        "qwen3.vocab_size": config["vocab_size"],
        "tokenizer.ggml.model": "no_vocab",
    }
