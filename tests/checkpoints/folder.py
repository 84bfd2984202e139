"""Small checkpoint folders with random weights, and what happens to such folders in the world."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from edge_export.checkpoint.config import AudioConfig, Layout, TextConfig
from edge_export.checkpoint.dummy import write_dummy_checkpoint
from tests.conftest import MINI_CHECKPOINT
from tests.support.split_tokenizer import split_tokenizer

WEIGHTS = "model.safetensors"
AUDIO = AudioConfig(
    d_model=64,
    num_layers=1,
    num_heads=4,
    ffn_dim=128,
    output_dim=64,
    num_mel_bins=128,
    conv_channels=16,
    chunk_frames=100,
    window_frames=800,
)
TEXT = TextConfig(
    hidden_size=64,
    num_layers=2,
    num_heads=4,
    num_kv_heads=2,
    head_dim=32,
    intermediate_size=128,
    vocab_size=1216,
    max_positions=4096,
    rope_theta=1e6,
    rms_norm_eps=1e-6,
)

Tensors = dict[str, torch.Tensor]


def write(
    directory: Path,
    layout: Layout = "hf",
    *,
    audio: dict[str, int] | None = None,
    text: dict[str, Any] | None = None,
    shards: int = 1,
    num_classes: int | None = None,
) -> Path:
    """Write a checkpoint; equal geometry gives equal weights in both layouts.

    Args:
        directory: to write to.
        layout: of names and companion files.
        audio: fields of the encoder that differ from `AUDIO`.
        text: fields of the decoder that differ from `TEXT`.
        shards: number of weight files.
        num_classes: of an aligner.
    """
    tokenizer = MINI_CHECKPOINT
    if layout == "original":
        tokenizer = split_tokenizer(MINI_CHECKPOINT, directory.parent / "tokenizer")
    write_dummy_checkpoint(
        replace(AUDIO, **(audio or {})),
        replace(TEXT, **(text or {})),
        layout=layout,
        tokenizer=tokenizer,
        output=directory,
        shards=shards,
        num_classes=num_classes,
    )
    return directory


def edit(directory: Path, part: str = "", file: str = "config.json", **changes: Any) -> Path:
    """Change fields of a JSON file, or of a part as "text_config"; None removes a field."""
    path = directory / file
    whole = json.loads(path.read_text("utf-8"))
    section = whole
    for name in filter(None, part.split(".")):
        section = section[name]
    for name, value in changes.items():
        section.pop(name, None)
        section |= {} if value is None else {name: value}
    path.write_text(json.dumps(whole), "utf-8")
    return directory


def change(directory: Path, transform: Callable[[Tensors], Tensors]) -> Path:
    """Rewrite the one weight file of a folder."""
    tensors = transform(load_file(directory / WEIGHTS))
    save_file({name: each.contiguous() for name, each in tensors.items()}, directory / WEIGHTS)
    return directory


def rename(directory: Path, remove: str, add: str) -> Path:
    """Take a prefix from the tensors that have it, and put another before all of those."""
    return change(
        directory,
        lambda tensors: {
            (add + name.removeprefix(remove) if name.startswith(remove) else name): each
            for name, each in tensors.items()
        },
    )


def cast(directory: Path, *dtypes: torch.dtype) -> Path:
    """Store the tensors in these dtypes, in turn."""
    return change(
        directory,
        lambda tensors: {
            name: each.to(dtypes[at % len(dtypes)]) for at, (name, each) in enumerate(sorted(tensors.items()))
        },
    )


def shifted(tensors: Tensors, name: str, of: str) -> Tensors:
    """Return tensors with one more: another table than the one it could be a copy of."""
    generator = torch.Generator().manual_seed(5)
    table = tensors[of].float()
    noise = torch.randn(table.shape, generator=generator) * table.std()
    return {**tensors, name: (table + noise).to(tensors[of].dtype)}
