"""Names with a prefix too many or too few, as training tools leave them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from edge_export.checkpoint.config_file import read_config
from edge_export.checkpoint.tensor_prefix import find_prefix
from edge_export.checkpoint.weights import Weights, open_weights
from edge_runtime.errors import CheckpointError

PREFIXES = ["base_model.model.", "module.", "model.", "_orig_mod.", "module._orig_mod.", "student."]
FILE = "model.safetensors"


def _open(directory: Path) -> Weights:
    return open_weights(directory, read_config(directory))


def _rename(directory: Path, remove: str, add: str) -> None:
    for path in directory.glob("*.safetensors"):
        tensors = load_file(path)
        save_file({add + name.removeprefix(remove): each for name, each in tensors.items()}, path)
    (directory / f"{FILE}.index.json").unlink(missing_ok=True)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_prefix_is_left_out_and_reported(
    hf_copy: Path, tiny_checkpoints: dict[str, Path], prefix: str
) -> None:
    _rename(hf_copy, "", prefix)
    weights, right = _open(hf_copy), _open(tiny_checkpoints["hf"])
    assert weights.names() == right.names()
    assert all(torch.equal(weights.read(name), right.read(name)) for name in right.names())
    assert f"with {prefix!r} before" in weights.notices[0]


def test_the_hf_layout_without_its_prefix_is_read(hf_copy: Path, tiny_checkpoints: dict[str, Path]) -> None:
    _rename(hf_copy, "model.", "")
    assert _open(hf_copy).names() == _open(tiny_checkpoints["hf"]).names()


def test_an_aligners_head_stands_beside_the_prefix_that_is_missing(
    hf_aligner_copy: Path, tiny_aligners: dict[str, Path]
) -> None:
    _rename(hf_aligner_copy, "model.", "")
    assert "score.weight" in load_file(hf_aligner_copy / FILE)
    assert _open(hf_aligner_copy).names() == _open(tiny_aligners["hf"]).names()


@pytest.mark.parametrize(
    ("norm", "surplus", "missing"),
    [
        ("thinker.model.norm.weight", "", ""),
        ("model.norm.weight", "", "thinker."),
        ("module.thinker.model.norm.weight", "module.", ""),
        ("base_model.model.model.language_model.norm.weight", "base_model.model.", ""),
        ("module.language_model.norm.weight", "module.", "model."),
        ("model.layers.0.self_attn.q_norm.weight", "", ""),
    ],
)
def test_the_prefix_of_either_layout_is_found(norm: str, surplus: str, missing: str) -> None:
    prefix = find_prefix([norm])
    assert (prefix.surplus, prefix.missing) == (surplus, missing)


def test_what_is_missing_behind_a_prefix_is_named_with_it(hf_copy: Path) -> None:
    _rename(hf_copy, "", "module.")
    tensors = load_file(hf_copy / FILE)
    del tensors["module.model.audio_tower.ln_post.weight"]
    save_file(tensors, hf_copy / FILE)
    with pytest.raises(CheckpointError, match=r"audio_tower\.ln_post\.weight.*stored with 'module\.' before"):
        _open(hf_copy)
