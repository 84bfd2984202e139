"""Folders that must be refused, with the words that say why."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from edge_export.checkpoint.tensor_names import EMBEDDING
from tests.checkpoints.adapter_folder import Adapter, Q
from tests.checkpoints.case import Case, Made
from tests.checkpoints.folder import WEIGHTS, Tensors, change, edit, rename, write

_NORM = "model.language_model.norm.weight"
_FIELDS: dict[str, tuple[str, dict[str, Any], str]] = {
    "AWQ": (
        "",
        {"quantization_config": {"quant_method": "awq", "bits": 4}},
        "quantization_config names 'awq'",
    ),
    "GPTQ": ("", {"quantization_config": {"quant_method": "gptq"}}, "quantization_config names 'gptq'"),
    "bitsandbytes": (
        "text_config",
        {"quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": True}},
        "quantization_config names 'bitsandbytes'",
    ),
    "FP8": ("", {"quantization_config": {"quant_method": "fp8"}}, "quantization_config names 'fp8'"),
    "linear RoPE by its older name": (
        "text_config",
        {"rope_parameters": None, "rope_theta": 1e6, "rope_scaling": {"type": "linear", "factor": 2}},
        "rope_type is 'linear'",
    ),
    "YaRN": (
        "text_config",
        {"rope_parameters": {"rope_theta": 1e6, "rope_type": "yarn", "factor": 4}},
        "rope_type is 'yarn'",
    ),
    "sliding window": ("text_config", {"use_sliding_window": True}, "use_sliding_window is True"),
    "a layer with a sliding window": (
        "text_config",
        {"layer_types": ["full_attention", "sliding_attention"]},
        "text_config.layer_types",
    ),
    "partial rotation": (
        "text_config",
        {"rope_parameters": {"rope_theta": 1e6, "rope_type": "default", "partial_rotary_factor": 0.5}},
        "text_config.rope_parameters",
    ),
    "biases of attention": ("text_config", {"attention_bias": True}, "attention_bias is True"),
    "another activation": ("text_config", {"hidden_act": "gelu"}, "hidden_act is 'gelu'"),
    "chunks of half a second": ("audio_config", {"n_window": 25}, "n_window is 25"),
    "a window of one chunk and a half": ("audio_config", {"n_window_infer": 150}, "n_window_infer is 150"),
    "fewer positions than tokens": ("audio_config", {"max_position_embeddings": 7}, "is 7 in transformers'"),
    "untied without a head": ("", {"tie_word_embeddings": False}, "no lm_head.weight here"),
    "vocabulary of another size": ("text_config", {"vocab_size": 1300}, "config.json asks for"),
    "Whisper": ("", {"model_type": "whisper"}, "not of the Qwen3-ASR family"),
    "Qwen3-Omni": ("", {"model_type": "qwen3_omni_moe"}, "not of the Qwen3-ASR family"),
    "a field left out": ("text_config", {"head_dim": None}, "does not state 'head_dim'"),
}
_TENSORS: dict[str, tuple[Callable[[Tensors], Tensors], str]] = {
    "adapter not merged": (
        lambda tensors: {
            **{name.replace("q_proj.", "q_proj.base_layer."): each for name, each in tensors.items()},
            f"{Q}.lora_A.default.weight": torch.ones(4, 64),
        },
        "an adapter that is not merged",
    ),
    "codes of eight bits": (
        lambda tensors: {**tensors, _NORM: torch.ones(64, dtype=torch.int8)},
        "stored as I8",
    ),
    "floats of eight bits": (
        lambda tensors: {**tensors, _NORM: torch.ones(64).to(torch.float8_e4m3fn)},
        "stored as F8_E4M3",
    ),
    "a tensor too few": (
        lambda tensors: {name: each for name, each in tensors.items() if name != _NORM},
        f"the first is {_NORM}",
    ),
    "a tensor too many": (
        lambda tensors: {**tensors, "model.speaker.weight": torch.ones(4)},
        "no place for, the first is model.speaker",
    ),
    "embedding resized, configuration not": (
        lambda tensors: {**tensors, EMBEDDING: torch.ones(1300, 64)},
        "config.json asks for",
    ),
}


def cases() -> Iterator[Case]:
    """Yield the cases."""
    for name, (part, fields, says) in _FIELDS.items():
        yield Case(
            name,
            lambda root, part=part, fields=fields, says=says: Made(
                edit(write(root / "hf"), part, **fields), says=says
            ),
        )
    for name, (transform, says) in _TENSORS.items():
        yield Case(
            name,
            lambda root, transform=transform, says=says: Made(
                change(write(root / "hf"), transform), says=says
            ),
        )
    for name in ("pytorch_model.bin", "model-q8_0.gguf"):
        yield Case(name, lambda root, name=name: _other_format(root, name))
    yield Case("an adapter alone", _adapter_alone)
    yield Case("an adapter beside its base", _adapter_beside)
    yield Case("an adapter of another kind", lambda root: _adapter(root, "use_dora is True", use_dora=True))
    yield Case("an adapter of another rank", lambda root: _adapter(root, "fits neither rank 16", r=16))
    yield Case("a prefix and a tensor too few", _prefix_and_missing)
    yield Case("a shard is missing", _missing_shard)
    yield Case("weights cut off", _cut)
    yield Case("no tokenizer", _no_tokenizer)


def _other_format(root: Path, name: str) -> Made:
    folder = write(root / "hf")
    (folder / WEIGHTS).rename(folder / name)
    return Made(folder, says=f"There is {name}, which edge-asr does not read")


def _adapter_alone(root: Path) -> Made:
    folder = Adapter({Q: 4}).write(root / "adapter", base_model_name_or_path="Qwen/Qwen3-ASR-0.6B")
    return Made(folder, says="build-engines Qwen/Qwen3-ASR-0.6B --adapter")


def _adapter_beside(root: Path) -> Made:
    return Made(Adapter({Q: 4}).write(write(root / "hf")), says="lies beside the checkpoint.*--adapter")


def _adapter(root: Path, says: str, **settings: Any) -> Made:
    return Made(write(root / "hf"), None, Adapter({Q: 4}).write(root / "adapter", **settings), says)


def _prefix_and_missing(root: Path) -> Made:
    folder = rename(write(root / "hf"), "", "module.")
    change(folder, lambda tensors: {name: each for name, each in tensors.items() if "ln_post" not in name})
    return Made(folder, says="ln_post.*stored with 'module.' before")


def _missing_shard(root: Path) -> Made:
    folder = write(root / "hf", shards=3)
    (folder / "model-00002-of-00003.safetensors").unlink()
    return Made(folder, says="missing: model-00002-of-00003")


def _cut(root: Path) -> Made:
    folder = write(root / "hf")
    path = folder / WEIGHTS
    path.write_bytes(path.read_bytes()[:-100])
    return Made(folder, says="damaged or incomplete")


def _no_tokenizer(root: Path) -> Made:
    folder = write(root / "hf")
    (folder / "tokenizer.json").unlink()
    assert json.loads((folder / "config.json").read_text("utf-8")), "the rest is there"
    return Made(folder, says="no tokenizer here")
