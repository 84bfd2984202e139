"""Checkpoints of forced aligners in both layouts, and which are refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from edge_export.checkpoint.checkpoint import read_checkpoint
from edge_export.checkpoint.config import Layout
from edge_export.checkpoint.config_file import read_config
from edge_export.checkpoint.dummy import RELEASED
from edge_export.checkpoint.source import HubOptions, Source, resolve
from edge_export.checkpoint.tensor_names import hf_name, original_name
from edge_runtime.errors import CheckpointError

NUM_CLASSES = 300


def _edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), "utf-8")


def test_both_layouts_mean_the_same(tiny_aligners: dict[Layout, Path]) -> None:
    hf, original = (read_config(tiny_aligners[layout]) for layout in ("hf", "original"))
    assert (hf.kind, len(original.languages)) == ("aligner", 11)
    assert hf.aligner is not None
    assert (hf.aligner.num_classes, hf.aligner.bin_ms) == (NUM_CLASSES, 80.0)
    assert hf == replace(original, layout="hf", languages=(), architecture=hf.architecture)


def test_the_released_configuration_is_read(released: Path) -> None:
    config = read_config(released / "Qwen3-ForcedAligner-0.6B")
    assert (config.audio, config.text) == RELEASED["aligner"]
    assert config.aligner is not None
    assert (config.aligner.num_classes, config.aligner.bin_ms, config.aligner.slot_id) == (5000, 80.0, 151705)


def test_the_width_of_a_class_is_that_of_the_processor(hf_aligner_copy: Path) -> None:
    _edit(hf_aligner_copy / "processor_config.json", timestamp_segment_time=40)
    actual = read_config(hf_aligner_copy).aligner
    assert actual is not None
    assert actual.bin_ms == 40.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id2label": None}, "not a Qwen3-ASR configuration that can be read"),
        ({"token_classification_bias": True}, "token_classification_bias"),
        ({"timestamp_token_id": 3}, "timestamp_token_id is 3"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(
    hf_aligner_copy: Path, changes: dict[str, object], message: str
) -> None:
    _edit(hf_aligner_copy / "config.json", **changes)
    with pytest.raises(CheckpointError, match=message):
        read_checkpoint(Source(hf_aligner_copy, "x", "x"))


def test_the_head_has_a_name_of_its_own_in_each_layout() -> None:
    assert hf_name("thinker.lm_head.weight", "aligner") == "score.weight"
    assert hf_name("thinker.lm_head.weight") == "lm_head.weight"
    assert original_name("score.weight") == original_name("lm_head.weight") == "thinker.lm_head.weight"


def test_the_head_must_have_a_row_for_each_class(hf_aligner_copy: Path) -> None:
    labels = {str(index): f"LABEL_{index}" for index in range(7)}
    _edit(hf_aligner_copy / "config.json", id2label=labels)
    with pytest.raises(CheckpointError, match=r"score\.weight has shape \[300, 64\]"):
        read_checkpoint(Source(hf_aligner_copy, "x", "x"))


def test_the_short_name_means_the_released_aligner(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"^Qwen/Qwen3-ForcedAligner-0\.6B cannot be fetched"):
        resolve("aligner", HubOptions(model_dir=tmp_path, local_files_only=True))
