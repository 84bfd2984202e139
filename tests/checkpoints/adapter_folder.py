"""Adapters as PEFT writes them, and the same models merged in plain arithmetic."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from edge_export.checkpoint.tensor_names import EMBEDDING, HEAD
from tests.checkpoints.folder import Tensors, change, edit

Q, DOWN = "model.language_model.layers.0.self_attn.q_proj", "model.language_model.layers.1.mlp.down_proj"
CONV_OUT = "model.audio_tower.layers.0.fc1"
_SHAPES = {Q: (128, 64), DOWN: (64, 128), CONV_OUT: (128, 64), "lm_head": (1216, 64)}


class Adapter:
    """Random thin matrices for some modules, strong enough to change tokens."""

    def __init__(self, modules: dict[str, int], whole: tuple[str, ...] = ()) -> None:
        """Draw the matrices.

        Args:
            modules: name → rank.
            whole: tensors that were trained as a whole, of the embedding's shape.
        """
        rng = np.random.default_rng(11)
        self._pairs = {
            module: (
                rng.standard_normal((rank, _SHAPES[module][1])).astype(np.float32) / 8,
                rng.standard_normal((_SHAPES[module][0], rank)).astype(np.float32) / 8,
            )
            for module, rank in modules.items()
        }
        self._whole = {name: (rng.standard_normal((1216, 64)) / 50).astype(np.float32) for name in whole}

    def write(self, directory: Path, names: dict[str, str] | None = None, **settings: Any) -> Path:
        """Write the two files of an adapter.

        Args:
            directory: to write to.
            names: module → the name to store instead.
            settings: of adapter_config.json, beside rank 4 and alpha 8.
        """
        directory.mkdir(exist_ok=True)
        tensors = {f"base_model.model.{name}": torch.from_numpy(each) for name, each in self._whole.items()}
        for module, pair in self._pairs.items():
            stored = (names or {}).get(module, module)
            for part, matrix in zip("AB", pair, strict=True):
                tensors[f"base_model.model.{stored}.lora_{part}.weight"] = torch.from_numpy(matrix)
        targets = sorted({module.rpartition(".")[2] for module in self._pairs})
        config = {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "target_modules": targets, "bias": "none"}
        (directory / "adapter_config.json").write_text(json.dumps(config | settings))
        save_file(tensors, directory / "adapter_model.safetensors")
        return directory

    def merged_into(self, folder: Path, scales: dict[str, float]) -> Path:
        """Change a folder's weights as the adapter does; a head that differs then stands apart."""
        change(folder, lambda tensors: self._merge(tensors, scales))
        return edit(folder, tie_word_embeddings=not self._parts_the_head)

    @property
    def _parts_the_head(self) -> bool:
        """Whether head and embedding are two tables afterwards."""
        return "lm_head" in self._pairs or bool({HEAD, EMBEDDING} & self._whole.keys())

    def _merge(self, tensors: Tensors, scales: dict[str, float]) -> Tensors:
        merged = {name: each.float() for name, each in tensors.items()}
        if self._parts_the_head:
            merged[HEAD] = merged[EMBEDDING].clone()
        for module, (down, up) in self._pairs.items():
            product = up.astype(np.float64) @ down.astype(np.float64)
            base = merged[f"{module}.weight"].numpy().astype(np.float64)
            merged[f"{module}.weight"] = torch.from_numpy(
                (base + scales[module] * product).astype(np.float32)
            )
        return merged | {name: torch.from_numpy(each) for name, each in self._whole.items()}
