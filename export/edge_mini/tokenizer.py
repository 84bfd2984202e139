"""Byte-level BPE of the mini checkpoint, with Qwen's pre-tokeniser and its added tokens by name."""

# ruff: noqa: S311 -- seeded draws are the point: nothing here is secret.
from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Split
from tokenizers.trainers import BpeTrainer

from edge_mini.pinyin import HANZI
from edge_mini.sentences import sample_sentence
from edge_runtime.text.pre_tokenizer import PATTERN

BASE_ENTRIES = 1152
_SHORT_SHARE = 0.2

# In the order of the released vocabulary. Marked with !: not special, so skip_special_tokens keeps them.
_ADDED_LIST = """
    <|endoftext|> <|im_start|> <|im_end|> <|object_ref_start|> <|object_ref_end|> <|box_start|> <|box_end|>
    <|quad_start|> <|quad_end|> <|vision_start|> <|vision_end|> <|vision_pad|> <|image_pad|> <|video_pad|>
    !<tool_call> !</tool_call> !<|fim_prefix|> !<|fim_middle|> !<|fim_suffix|> !<|fim_pad|> !<|repo_name|>
    !<|file_sep|> !<tool_response> !</tool_response> !<think> !</think> <|audio_start|> <|audio_end|>
    <tts_pad> <tts_text_bos> <tts_text_eod> <tts_text_bos_single> !<non_speech> <|audio_pad|>
"""
_BLANKS = [f"<blank{number}>" for number in range(1, 28)]
_MARKED = [*_ADDED_LIST.split(), *_BLANKS, "!<asr_text>", "!<timestamp>"]
_SPECIAL: dict[str, bool] = {marked.removeprefix("!"): not marked.startswith("!") for marked in _MARKED}

_ROLES = {
    "audio_token": "<|audio_pad|>",
    "audio_bos_token": "<|audio_start|>",
    "audio_eos_token": "<|audio_end|>",
    "image_token": "<|image_pad|>",
    "video_token": "<|video_pad|>",
    "vision_bos_token": "<|vision_start|>",
    "vision_eos_token": "<|vision_end|>",
}


def train_tokenizer(seed: int) -> Tokenizer:
    """Learn the merges from sampled sentences and append the added tokens."""
    tokenizer = Tokenizer(BPE())
    tokenizer.normalizer = normalizers.NFC()
    split = Split(Regex(PATTERN), behavior="isolated")
    byte_level = ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = BpeTrainer(
        vocab_size=BASE_ENTRIES, initial_alphabet=sorted(ByteLevel.alphabet()), show_progress=False
    )
    tokenizer.train_from_iterator(_training_text(seed), trainer)
    tokenizer.add_tokens(
        [AddedToken(name, special=special, normalized=False) for name, special in _SPECIAL.items()]
    )
    return tokenizer


def _training_text(seed: int) -> Iterator[str]:
    rng = random.Random(f"tokenizer/{seed}")
    # Hanzi come one by one, so that no merge spans two of them; the weight makes each a whole token.
    for _ in range(400):
        yield from HANZI + "。，、？"
        yield "system\nuser\nassistant\nlanguage English\nlanguage Chinese\nlanguage None\n"
    for _ in range(8000):
        yield sample_sentence(rng, "English", "train", short=rng.random() < _SHORT_SHARE)


def token_id(tokenizer: Tokenizer, name: str) -> int:
    """Return the id of an added token."""
    token_id = tokenizer.token_to_id(name)
    assert token_id is not None, f"{name} is not in the vocabulary"
    return int(token_id)


def save_tokenizer(tokenizer: Tokenizer, folder: Path) -> None:
    """Write tokenizer.json and tokenizer_config.json as transformers reads them."""
    tokenizer.save(str(folder / "tokenizer.json"))
    added = {
        str(tokenizer.token_to_id(name)): {
            "content": name,
            "lstrip": False,
            "normalized": False,
            "rstrip": False,
            "single_word": False,
            "special": special,
        }
        for name, special in _SPECIAL.items()
    }
    config = {
        "add_bos_token": False,
        "add_prefix_space": False,
        "added_tokens_decoder": added,
        "bos_token": None,
        "clean_up_tokenization_spaces": False,
        "eos_token": "<|im_end|>",
        "errors": "replace",
        "extra_special_tokens": _ROLES,
        **_ROLES,
        "model_max_length": 131072,
        "pad_token": "<|endoftext|>",
        "processor_class": "Qwen3ASRProcessor",
        "split_special_tokens": False,
        "tokenizer_class": "Qwen2Tokenizer",
        "unk_token": None,
    }
    text = json.dumps(config, indent=2, ensure_ascii=False)
    (folder / "tokenizer_config.json").write_text(text + "\n", encoding="utf-8")
