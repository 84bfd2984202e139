"""LoRA adapters, merged in plain arithmetic, and the folders that are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from edge_export.checkpoint.checkpoint import Checkpoint, read_checkpoint
from edge_export.checkpoint.source import Source
from edge_export.checkpoint.tensor_names import EMBEDDING, HEAD, original_name
from edge_runtime.errors import CheckpointError

QUERY = "model.language_model.layers.0.self_attn.q_proj"
UP = "model.language_model.layers.1.mlp.up_proj"
SHAPES = {QUERY: (128, 64), UP: (128, 64), "lm_head": (1216, 64)}
RANK = 4


def _write(
    directory: Path, modules: dict[str, int], whole: dict[str, Any] | None = None, **settings: Any
) -> Path:
    """Write an adapter with products of these ranks and with whole tensors."""
    directory.mkdir()
    generator = torch.Generator().manual_seed(3)
    tensors = {f"base_model.model.{name}": each for name, each in (whole or {}).items()}
    for module, rank in modules.items():
        rows, columns = SHAPES.get(module, (128, 64))
        tensors[f"base_model.model.{module}.lora_A.weight"] = torch.randn(rank, columns, generator=generator)
        tensors[f"base_model.model.{module}.lora_B.weight"] = torch.randn(rows, rank, generator=generator)
    config = {"peft_type": "LORA", "r": RANK, "lora_alpha": 8, "target_modules": sorted(modules), **settings}
    (directory / "adapter_config.json").write_text(json.dumps(config))
    save_file(tensors, directory / "adapter_model.safetensors")
    return directory


def _read(base: Path, adapter: Path) -> Checkpoint:
    return read_checkpoint(Source(base.resolve(), "x", "x"), adapter)


def _delta(adapter: Path, module: str) -> torch.Tensor:
    stored = load_file(adapter / "adapter_model.safetensors")
    down, up = (stored[f"base_model.model.{module}.lora_{part}.weight"] for part in "AB")
    return up @ down


@pytest.mark.parametrize(
    ("ranks", "settings", "scales"),
    [
        ({QUERY: 4, UP: 4}, {}, {QUERY: 2.0, UP: 2.0}),
        ({QUERY: 4, UP: 4}, {"use_rslora": True}, {QUERY: 4.0, UP: 4.0}),
        ({QUERY: 4, UP: 4}, {"lora_alpha": 3, "fan_in_fan_out": True}, {QUERY: 0.75, UP: 0.75}),
        ({QUERY: 2, UP: 4}, {"rank_pattern": {"q_proj": 2}}, {QUERY: 4.0, UP: 2.0}),
        ({QUERY: 4, UP: 4}, {"alpha_pattern": {"layers.1.mlp.up_proj": 16}}, {QUERY: 2.0, UP: 4.0}),
        ({QUERY: 4, UP: 4}, {"alpha_pattern": {r"layers\.0\..*": 16}}, {QUERY: 4.0, UP: 2.0}),
    ],
)
def test_products_are_added_at_their_scale(
    tiny_checkpoints: dict[str, Path],
    tmp_path: Path,
    ranks: dict[str, int],
    settings: dict[str, Any],
    scales: dict[str, float],
) -> None:
    adapter = _write(tmp_path / "adapter", ranks, **settings)
    checkpoint = _read(tiny_checkpoints["hf"], adapter)
    base = load_file(tiny_checkpoints["hf"] / "model.safetensors")
    for module, scale in scales.items():
        merged = base[f"{module}.weight"].float() + scale * _delta(adapter, module)
        torch.testing.assert_close(checkpoint.weights.read(f"{module}.weight"), merged)
    other = "model.language_model.layers.1.self_attn.q_proj.weight"
    assert torch.equal(checkpoint.weights.read(other), base[other])
    assert not checkpoint.config.text.has_own_head


@pytest.mark.parametrize("stored", [original_name(QUERY), original_name(QUERY).removeprefix("thinker.")])
def test_names_of_the_official_package_and_of_its_inner_model_are_found(
    tiny_checkpoints: dict[str, Path], tmp_path: Path, stored: str
) -> None:
    adapter = _write(tmp_path / "adapter", {stored: 4}, alpha_pattern={stored: 32})
    read = _read(tiny_checkpoints["original"], adapter).weights.read(f"{QUERY}.weight")
    base = load_file(tiny_checkpoints["hf"] / "model.safetensors")[f"{QUERY}.weight"]
    torch.testing.assert_close(read, base.float() + 8 * _delta(adapter, stored))


def test_a_head_that_was_trained_alone_becomes_the_models_own(
    tiny_checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    adapter = _write(tmp_path / "adapter", {"lm_head": 4})
    checkpoint = _read(tiny_checkpoints["hf"], adapter)
    embedding = load_file(tiny_checkpoints["hf"] / "model.safetensors")[EMBEDDING]
    assert checkpoint.config.text.has_own_head
    assert torch.equal(checkpoint.weights.read(EMBEDDING), embedding)
    torch.testing.assert_close(
        checkpoint.weights.read(HEAD), embedding.float() + 2 * _delta(adapter, "lm_head")
    )


def test_a_base_that_the_adapter_holds_too_is_the_one_that_was_trained(
    tiny_checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    """PEFT writes the table beside its product where the head was trained."""
    base = torch.full((1216, 64), 0.25)
    adapter = _write(tmp_path / "adapter", {"lm_head": 4}, {"lm_head.base_layer.weight": base})
    checkpoint = _read(tiny_checkpoints["hf"], adapter)
    torch.testing.assert_close(checkpoint.weights.read(HEAD), base + 2 * _delta(adapter, "lm_head"))


@pytest.mark.parametrize("name", [HEAD, EMBEDDING])
def test_a_table_that_was_trained_whole_leaves_its_twin_as_it_was(
    tiny_checkpoints: dict[str, Path], tmp_path: Path, name: str
) -> None:
    trained = torch.full((1216, 64), 0.5)
    adapter = _write(tmp_path / "adapter", {}, {name: trained}, modules_to_save=["lm_head"])
    checkpoint = _read(tiny_checkpoints["hf"], adapter)
    embedding = load_file(tiny_checkpoints["hf"] / "model.safetensors")[EMBEDDING]
    (twin,) = {HEAD, EMBEDDING} - {name}
    assert torch.equal(checkpoint.weights.read(name), trained)
    assert torch.equal(checkpoint.weights.read(twin), embedding)
    assert checkpoint.config.text.has_own_head


def test_an_adapter_is_part_of_the_provenance(tiny_checkpoints: dict[str, Path], tmp_path: Path) -> None:
    adapter = _write(tmp_path / "adapter", {QUERY: 4})
    provenance = _read(tiny_checkpoints["hf"], adapter).provenance
    assert provenance.adapter == str(adapter)
    names = {name for name in provenance.checkpoint_files if name.startswith("adapter/")}
    assert names == {"adapter/adapter_config.json", "adapter/adapter_model.safetensors"}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"peft_type": "IA3"}, "peft_type is 'IA3'"),
        ({"use_dora": True}, "use_dora is True"),
        ({"init_lora_weights": "pissa_niter_16"}, "init_lora_weights is 'pissa_niter_16'"),
        ({"trainable_token_indices": [3]}, "trainable_token_indices"),
        ({"a_setting_of_next_year": {"x": 1}}, "a_setting_of_next_year"),
        ({"r": 8}, "fits neither rank 8"),
        ({"r": None}, "not a complete LoRA configuration"),
    ],
)
def test_what_cannot_be_merged_is_refused_by_name(
    tiny_checkpoints: dict[str, Path], tmp_path: Path, changes: dict[str, Any], named: str
) -> None:
    adapter = _write(tmp_path / "adapter", {QUERY: 4}, **changes)
    with pytest.raises(CheckpointError, match=named):
        _read(tiny_checkpoints["hf"], adapter)


def test_settings_that_are_switched_off_are_no_reason_to_refuse(
    tiny_checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    off = {
        "use_dora": False,
        "lora_bias": False,
        "layer_replication": None,
        "loftq_config": {},
        "bias": "none",
    }
    adapter = _write(tmp_path / "adapter", {QUERY: 4}, init_lora_weights=True, **off)
    assert _read(tiny_checkpoints["hf"], adapter).adapter is not None


def test_an_adapter_of_another_model_is_refused(tiny_checkpoints: dict[str, Path], tmp_path: Path) -> None:
    adapter = _write(tmp_path / "adapter", {QUERY: 4, "model.decoder.layers.0.fc1": 4})
    with pytest.raises(CheckpointError, match=r"changes model\.decoder\.layers\.0\.fc1\.weight"):
        _read(tiny_checkpoints["hf"], adapter)


def test_a_folder_without_an_adapter_is_refused(tiny_checkpoints: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no adapter here \(no adapter_config\.json\)"):
        _read(tiny_checkpoints["hf"], tmp_path)


def test_an_adapter_alone_names_the_flag(tmp_path: Path) -> None:
    adapter = _write(tmp_path / "adapter", {QUERY: 4}, base_model_name_or_path="Qwen/Qwen3-ASR-0.6B")
    with pytest.raises(CheckpointError, match=rf"build-engines Qwen/Qwen3-ASR-0\.6B --adapter {adapter}"):
        read_checkpoint(Source(adapter, "x", "x"))


def test_an_adapter_beside_its_base_is_not_passed_over(hf_copy: Path, tmp_path: Path) -> None:
    for path in _write(tmp_path / "adapter", {QUERY: 4}).iterdir():
        path.rename(hf_copy / path.name)
    with pytest.raises(CheckpointError, match=rf"--adapter {hf_copy}`"):
        read_checkpoint(Source(hf_copy.resolve(), "x", "x"))
    assert _read(hf_copy, hf_copy).adapter is not None
