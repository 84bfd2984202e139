"""Configurations of the mini models."""

from __future__ import annotations

from tokenizers import Tokenizer
from transformers import (
    Qwen3ASRConfig,
    Qwen3ASRForConditionalGeneration,
    Qwen3ASRForTokenClassification,
)

from edge_mini.tokenizer import token_id

MiniModel = Qwen3ASRForConditionalGeneration | Qwen3ASRForTokenClassification

_HIDDEN_SIZE = 192
NUM_CLASSES, BIN_MS = 375, 80


def recognizer_config(tokenizer: Tokenizer) -> Qwen3ASRConfig:
    """Describe the tiny recogniser: every trait of the released ones, a thousandth of their size."""
    return _config(tokenizer, tied=True)


def aligner_config(tokenizer: Tokenizer) -> Qwen3ASRConfig:
    """Describe the tiny aligner: the recogniser's body with a head of its own, for clips up to 30 s."""
    config = _config(tokenizer, tied=False)
    config.num_labels = NUM_CLASSES
    config.timestamp_segment_time = BIN_MS
    return config


def _config(tokenizer: Tokenizer, *, tied: bool) -> Qwen3ASRConfig:
    audio = {
        "num_mel_bins": 128,
        "d_model": 192,
        "encoder_layers": 4,
        "encoder_attention_heads": 3,
        "encoder_ffn_dim": 768,
        "downsample_hidden_size": 48,
        "output_dim": _HIDDEN_SIZE,
        "n_window": 50,
        "n_window_infer": 800,
        "max_position_embeddings": 13,
        "activation_function": "gelu",
    }
    text = {
        "vocab_size": tokenizer.get_vocab_size(),
        "hidden_size": _HIDDEN_SIZE,
        "intermediate_size": 512,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 64,
        "rms_norm_eps": 1e-6,
        "rope_parameters": {"rope_theta": 1_000_000, "rope_type": "default"},
        "max_position_embeddings": 65_536,
        "tie_word_embeddings": tied,
        "pad_token_id": None,
        "eos_token_id": None,
    }
    return Qwen3ASRConfig(
        audio_config={"model_type": "qwen3_asr_encoder", **audio},
        text_config={"model_type": "qwen3", **text},
        audio_token_id=token_id(tokenizer, "<|audio_pad|>"),
        timestamp_token_id=token_id(tokenizer, "<timestamp>"),
        pad_token_id=token_id(tokenizer, "<|im_end|>"),
        eos_token_id=[token_id(tokenizer, "<|endoftext|>"), token_id(tokenizer, "<|im_end|>")],
        tie_word_embeddings=tied,
    )
