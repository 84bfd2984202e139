"""Whose table scores tokens: the embedding's, or a head of its own, as the references have it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from edge_export.checkpoint.checkpoint import Checkpoint, read_checkpoint
from edge_export.checkpoint.source import Source
from edge_export.checkpoint.tensor_names import EMBEDDING, HEAD, original_name
from edge_runtime.errors import CheckpointError


def _set_head(directory: Path, added: float | None, file: str = "model.safetensors") -> None:
    """Store the embedding plus `added` as head; None removes the embedding, leaving its copy alone."""
    tensors = load_file(directory / file)
    tensors[HEAD] = tensors[EMBEDDING] + (added or 0)
    if added is None:
        del tensors[EMBEDDING]
    save_file(tensors, directory / file)


def _tie(directory: Path, **flags: bool | None) -> None:
    """Set `tie_word_embeddings` of the whole model or of a part; None removes it."""
    path = directory / "config.json"
    config = json.loads(path.read_text("utf-8"))
    for part, flag in flags.items():
        section = {"top": config, "text": config.get("thinker_config", config)["text_config"]}[part]
        section.pop("tie_word_embeddings", None)
        section |= {} if flag is None else {"tie_word_embeddings": flag}
    path.write_text(json.dumps(config), "utf-8")


def _read(directory: Path) -> Checkpoint:
    return read_checkpoint(Source(directory.resolve(), "x", "x"))


@pytest.mark.parametrize(
    "flags", [{"top": False, "text": True}, {"top": False, "text": None}, {"top": True, "text": True}]
)
def test_a_head_that_differs_is_the_models_own(hf_copy: Path, flags: dict[str, bool | None]) -> None:
    _set_head(hf_copy, 1.0)
    _tie(hf_copy, **flags)
    checkpoint = _read(hf_copy)
    assert checkpoint.config.text.has_own_head
    assert not checkpoint.weights.are_equal(HEAD, EMBEDDING)


@pytest.mark.parametrize("flags", [{"top": True}, {"top": False}, {"top": True, "text": False}])
def test_an_equal_head_is_no_head_of_its_own(hf_copy: Path, flags: dict[str, bool]) -> None:
    _set_head(hf_copy, 0.0)
    _tie(hf_copy, **flags)
    checkpoint = _read(hf_copy)
    assert not checkpoint.config.text.has_own_head
    assert HEAD not in checkpoint.weights.names()


def test_a_head_that_is_its_own_and_missing_is_refused(hf_copy: Path) -> None:
    _tie(hf_copy, top=False)
    with pytest.raises(CheckpointError, match=r"no lm_head\.weight here, and config\.json says"):
        _read(hf_copy)


def test_a_head_alone_is_the_embedding_too(hf_copy: Path, tiny_checkpoints: dict[str, Path]) -> None:
    embedding = load_file(hf_copy / "model.safetensors")[EMBEDDING]
    _set_head(hf_copy, None)
    checkpoint = _read(hf_copy)
    assert (checkpoint.weights.read(EMBEDDING) == embedding).all()
    assert not checkpoint.config.text.has_own_head


@pytest.mark.parametrize(("tied", "has_own_head"), [(None, False), (True, False), (False, True)])
def test_the_original_layout_ties_by_its_text_part(
    original_copy: Path, *, tied: bool | None, has_own_head: bool
) -> None:
    """What `Qwen3ASRForConditionalGeneration` of qwen-asr 0.0.6 does under transformers 4.57.6."""
    name = original_name(HEAD)
    weight_map = json.loads((original_copy / "model.safetensors.index.json").read_text("utf-8"))["weight_map"]
    shard = original_copy / weight_map[name]
    save_file({key: each + (key == name) for key, each in load_file(shard).items()}, shard)
    _tie(original_copy, text=tied, top=False)
    checkpoint = _read(original_copy)
    assert checkpoint.config.text.has_own_head == has_own_head
    assert any("differs from the embedding" in each for each in checkpoint.notices) != has_own_head
