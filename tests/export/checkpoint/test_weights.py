"""Tensors of both layouts, and of incomplete folders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from edge_export.checkpoint.config_file import read_config
from edge_export.checkpoint.tensor_names import EMBEDDING, HEAD, expected_shapes, hf_name, original_name
from edge_export.checkpoint.weights import open_weights
from edge_runtime.errors import CheckpointError

NORM = "model.language_model.norm.weight"


def _open(directory: Path) -> object:
    return open_weights(directory, read_config(directory))


def _resave(directory: Path, change: dict[str, torch.Tensor | None]) -> None:
    path = directory / "model.safetensors"
    tensors = {name: tensor for name, tensor in (load_file(path) | change).items() if tensor is not None}
    save_file(tensors, path)


def test_both_layouts_hold_the_same_tensors(tiny_checkpoints: dict[str, Path]) -> None:
    config = read_config(tiny_checkpoints["hf"])
    hf, original = (open_weights(tiny_checkpoints[layout], config) for layout in ("hf", "original"))
    # The original layout stores a copy of the embedding as head.
    assert {*hf.names(), HEAD} == set(original.names())
    assert set(hf.names()) == set(expected_shapes(config))
    for name in hf.names():
        assert torch.equal(hf.read(name), original.read(name)), name


def test_renaming_there_and_back_is_the_identity(tiny_checkpoints: dict[str, Path]) -> None:
    names = [*expected_shapes(read_config(tiny_checkpoints["hf"])), "lm_head.weight"]
    originals = [original_name(name) for name in names]
    assert all(name.startswith("thinker.") for name in originals)
    assert [hf_name(name) for name in originals] == names


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.bfloat16, torch.float64])
def test_any_float_dtype_is_read(hf_copy: Path, dtype: torch.dtype) -> None:
    path = hf_copy / "model.safetensors"
    save_file({name: tensor.to(dtype) for name, tensor in load_file(path).items()}, path)
    assert _open(hf_copy).read(EMBEDDING).dtype == dtype


def test_a_head_of_another_shape_is_refused(hf_copy: Path) -> None:
    _resave(hf_copy, {"lm_head.weight": torch.zeros(5000, 64)})
    with pytest.raises(CheckpointError, match=r"lm_head\.weight has shape \[5000, 64\]"):
        _open(hf_copy)


def test_a_missing_shard_is_named(original_copy: Path) -> None:
    (original_copy / "model-00002-of-00003.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"missing: model-00002-of-00003\.safetensors"):
        _open(original_copy)


def test_missing_weights_are_named(hf_copy: Path) -> None:
    (hf_copy / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match="no weights here"):
        _open(hf_copy)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model-q8_0.gguf"])
def test_weights_of_another_format_are_named(hf_copy: Path, name: str) -> None:
    (hf_copy / "model.safetensors").rename(hf_copy / name)
    with pytest.raises(CheckpointError, match=rf"There is {name}, which edge-asr does not read"):
        _open(hf_copy)


def test_an_old_index_beside_one_file_counts_for_nothing(hf_copy: Path) -> None:
    index = {"metadata": {}, "weight_map": {NORM: "model-00001-of-00002.safetensors"}}
    (hf_copy / "model.safetensors.index.json").write_text(json.dumps(index))
    assert NORM in _open(hf_copy).names()


@pytest.mark.parametrize("num_bytes", [0, 4, 100, -1])
def test_a_truncated_file_is_named(hf_copy: Path, num_bytes: int) -> None:
    path = hf_copy / "model.safetensors"
    path.write_bytes(path.read_bytes()[:num_bytes])
    with pytest.raises(CheckpointError, match=r"model\.safetensors: damaged or incomplete"):
        _open(hf_copy)


def test_a_missing_tensor_is_named(hf_copy: Path) -> None:
    _resave(hf_copy, {NORM: None})
    with pytest.raises(CheckpointError, match=f"1 of .* tensors are missing, the first is {NORM}"):
        _open(hf_copy)


def test_a_tensor_of_another_shape_is_named(hf_copy: Path) -> None:
    _resave(hf_copy, {NORM: torch.ones(65)})
    with pytest.raises(CheckpointError, match=rf"{NORM} has shape \[65\], config.json asks for \[64\]"):
        _open(hf_copy)


def test_quantized_tensors_are_refused(hf_copy: Path) -> None:
    _resave(hf_copy, {NORM: torch.ones(64, dtype=torch.int8)})
    with pytest.raises(CheckpointError, match="stored as I8"):
        _open(hf_copy)


def test_tensors_without_a_place_are_refused(hf_copy: Path) -> None:
    _resave(hf_copy, {"model.language_model.layers.0.self_attn.q_proj.lora_A.weight": torch.ones(8, 64)})
    with pytest.raises(CheckpointError, match=r"not merged, the first is .*lora_A.*--adapter"):
        _open(hf_copy)


def test_an_index_without_a_map_is_refused(original_copy: Path) -> None:
    (original_copy / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}}))
    with pytest.raises(CheckpointError, match="holds no weight_map"):
        _open(original_copy)
