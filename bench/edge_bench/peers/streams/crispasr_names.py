"""Names in CrispASR's GGUF file of this family, as its `convert-qwen3-asr-to-gguf.py` lists them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from edge_bench.peers.gguf_names import gguf_name

ARCHITECTURE: Final = "qwen3asr"
FILTERS: Final = "audio.mel_filters"
WINDOW: Final = "audio.mel_window"
HEAD: Final = "output.weight"
TOWER: Final = "audio."
_AUDIO: Final = re.compile(r"thinker\.audio_tower\.(?:layers\.(\d+)\.)?(.+)\.(weight|bias)")
_OUTER: Final = {
    "conv2d1": "conv.1",
    "conv2d2": "conv.2",
    "conv2d3": "conv.3",
    "conv_out": "conv_out",
    "ln_post": "ln_post",
    "proj1": "proj1",
    "proj2": "proj2",
}
_INNER: Final = {
    "self_attn_layer_norm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.out_proj": "attn_out",
    "final_layer_norm": "ffn_norm",
    "fc1": "ffn_up",
    "fc2": "ffn_down",
}


def tensor_name(name: str) -> str:
    """Return the name of a tensor of a checkpoint in the original layout."""
    if name == "thinker.lm_head.weight":
        return HEAD
    matched = _AUDIO.fullmatch(name)
    if matched is None:
        text = gguf_name(name)
        assert text is not None, "what is neither head nor tower is of the decoder"
        return text
    layer, part, kind = matched.groups()
    return f"{TOWER}{_OUTER[part]}.{kind}" if layer is None else f"{TOWER}blk.{layer}.{_INNER[part]}.{kind}"


def metadata(config: Mapping[str, Any]) -> dict[str, int | float]:
    """Return the settings by their keys, from the configuration of a checkpoint in the original layout."""
    thinker = config["thinker_config"]
    audio, text = thinker["audio_config"], thinker["text_config"]
    width, heads = audio["d_model"], audio["encoder_attention_heads"]
    settings: dict[str, int | float] = {
        "sample_rate": 16_000,
        "n_mels": audio["num_mel_bins"],
        "n_fft": 400,
        "win_length": 400,
        "hop_length": 160,
        "audio.n_layers": audio["encoder_layers"],
        "audio.d_model": width,
        "audio.n_heads": heads,
        "audio.head_dim": width // heads,
        "audio.ff_dim": audio["encoder_ffn_dim"],
        "audio.conv_channels": audio["downsample_hidden_size"],
        "audio.proj_dim": audio["output_dim"],
        "audio.max_source_pos": 1500,
        "llm.n_layers": text["num_hidden_layers"],
        "llm.d_model": text["hidden_size"],
        "llm.n_heads": text["num_attention_heads"],
        "llm.n_kv_heads": text["num_key_value_heads"],
        "llm.head_dim": text["head_dim"],
        "llm.ff_dim": text["intermediate_size"],
        "llm.rope_theta": float(text["rope_theta"]),
        "llm.rms_norm_eps": float(text["rms_norm_eps"]),
        "llm.vocab_size": text["vocab_size"],
        "llm.max_pos": text["max_position_embeddings"],
        "audio_start_token_id": 151_669,
        "audio_end_token_id": 151_670,
        "audio_pad_token_id": thinker["audio_token_id"],
        "eos_token_id": 151_645,
        "pad_token_id": 151_643,
    }
    return {f"{ARCHITECTURE}.{key}": value for key, value in settings.items()}
