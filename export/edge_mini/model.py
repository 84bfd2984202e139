"""Configuration of the mini model, and the files of its checkpoint folder."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import (
    AutoTokenizer,
    GenerationConfig,
    Qwen3ASRConfig,
    Qwen3ASRFeatureExtractor,
    Qwen3ASRForConditionalGeneration,
    Qwen3ASRProcessor,
)

from edge_mini.tokenizer import save_tokenizer

_HIDDEN_SIZE = 192


def build_config(tokenizer: Tokenizer) -> Qwen3ASRConfig:
    """Describe the tiny model: every trait of the released ones, a thousandth of their size."""
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
        "tie_word_embeddings": True,
        "pad_token_id": None,
        "eos_token_id": None,
    }
    return Qwen3ASRConfig(
        audio_config={"model_type": "qwen3_asr_encoder", **audio},
        text_config={"model_type": "qwen3", **text},
        audio_token_id=_id(tokenizer, "<|audio_pad|>"),
        timestamp_token_id=_id(tokenizer, "<timestamp>"),
        pad_token_id=_id(tokenizer, "<|im_end|>"),
        eos_token_id=[_id(tokenizer, "<|endoftext|>"), _id(tokenizer, "<|im_end|>")],
        tie_word_embeddings=True,
    )


def _id(tokenizer: Tokenizer, name: str) -> int:
    token_id = tokenizer.token_to_id(name)
    assert token_id is not None, f"{name} is not in the vocabulary"
    return int(token_id)


def save_checkpoint(model: Qwen3ASRForConditionalGeneration, tokenizer: Tokenizer, folder: Path) -> None:
    """Write the -hf layout in bfloat16; each file appears whole under its name or not at all."""
    staging = folder.with_name(f".{folder.name}.staging")
    staging.mkdir(parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    _write_processor(tokenizer, staging)
    _write_model(model, staging)
    for file in staging.iterdir():
        file.chmod(0o644)
        file.replace(folder / file.name)
    staging.rmdir()


def _write_processor(tokenizer: Tokenizer, folder: Path) -> None:
    save_tokenizer(tokenizer, folder)
    template = Path(__file__).with_name("chat_template.jinja").read_text(encoding="utf-8")
    processor = Qwen3ASRProcessor(
        feature_extractor=Qwen3ASRFeatureExtractor(),  # type: ignore[no-untyped-call]
        tokenizer=AutoTokenizer.from_pretrained(folder),
        chat_template=template.strip(),
    )
    processor.save_pretrained(folder)
    # transformers rewrites both tokenizer files in its own words; ours are the documented ones.
    save_tokenizer(tokenizer, folder)


def _write_model(model: Qwen3ASRForConditionalGeneration, folder: Path) -> None:
    rounded = Qwen3ASRForConditionalGeneration(model.config)
    rounded.load_state_dict(model.state_dict())
    nn.Module.to(rounded, torch.bfloat16)
    rounded.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]
        eos_token_id=model.config.eos_token_id,
        pad_token_id=model.config.pad_token_id,
        do_sample=False,
        max_new_tokens=512,
    )
    rounded.save_pretrained(folder)
