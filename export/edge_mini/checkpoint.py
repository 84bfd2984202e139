"""The files of a mini checkpoint's folder."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import (
    AutoTokenizer,
    GenerationConfig,
    Qwen3ASRFeatureExtractor,
    Qwen3ASRForConditionalGeneration,
    Qwen3ASRForTokenClassification,
    Qwen3ASRProcessor,
)

from edge_mini.model import MiniModel
from edge_mini.tokenizer import save_tokenizer

_TEMPLATES = {
    Qwen3ASRForConditionalGeneration: "chat_template.jinja",
    Qwen3ASRForTokenClassification: "aligner_template.jinja",
}


def save_checkpoint(model: MiniModel, tokenizer: Tokenizer, folder: Path) -> None:
    """Write the -hf layout in bfloat16; each file appears whole under its name or not at all."""
    staging = folder.with_name(f".{folder.name}.staging")
    staging.mkdir(parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    _write_processor(tokenizer, _TEMPLATES[type(model)], staging)
    _write_model(model, staging)
    for file in staging.iterdir():
        file.chmod(0o644)
        file.replace(folder / file.name)
    staging.rmdir()


def _write_processor(tokenizer: Tokenizer, template_name: str, folder: Path) -> None:
    save_tokenizer(tokenizer, folder)
    template = Path(__file__).with_name(template_name).read_text(encoding="utf-8")
    processor = Qwen3ASRProcessor(
        feature_extractor=Qwen3ASRFeatureExtractor(),  # type: ignore[no-untyped-call]
        tokenizer=AutoTokenizer.from_pretrained(folder),
        chat_template=template.strip(),
    )
    processor.save_pretrained(folder)
    # transformers rewrites both tokenizer files in its own words; ours are the documented ones.
    save_tokenizer(tokenizer, folder)


def _write_model(model: MiniModel, folder: Path) -> None:
    rounded = type(model)(model.config)
    rounded.load_state_dict(model.state_dict())
    nn.Module.to(rounded, torch.bfloat16)
    if isinstance(rounded, Qwen3ASRForConditionalGeneration):
        rounded.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]
            eos_token_id=model.config.eos_token_id,
            pad_token_id=model.config.pad_token_id,
            do_sample=False,
            max_new_tokens=512,
        )
    rounded.save_pretrained(folder)
