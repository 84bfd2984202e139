"""A field that transformers understands and the graphs do not compute never passes unseen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edge_export.checkpoint.checkpoint import read_checkpoint
from edge_export.checkpoint.source import Source
from edge_export.parity.config_reading import require_same_reading
from edge_runtime.errors import CheckpointError


def _change(directory: Path, part: str, **changes: Any) -> Path:
    path = directory / "config.json"
    config = json.loads(path.read_text("utf-8"))
    thinker = config.get("thinker_config", config)
    section = {"": config, "text": thinker["text_config"], "audio": thinker["audio_config"]}[part]
    section |= changes
    path.write_text(json.dumps(config), "utf-8")
    return directory


def _check(directory: Path) -> None:
    require_same_reading(read_checkpoint(Source(directory.resolve(), "x", "x")))


@pytest.mark.parametrize("layout", ["hf", "original"])
def test_both_layouts_are_read_alike(
    tiny_checkpoints: dict[str, Path], tiny_aligners: dict[str, Path], layout: str
) -> None:
    _check(tiny_checkpoints[layout])
    _check(tiny_aligners[layout])


@pytest.mark.parametrize(
    ("part", "changes", "named"),
    [
        ("text", {"layer_types": ["full_attention", "sliding_attention"]}, "text_config.layer_types"),
        ("text", {"rope_theta": 5e5}, "text_config.rope_parameters"),
        (
            "text",
            {"rope_parameters": {"rope_theta": 1e6, "rope_type": "default", "partial_rotary_factor": 0.5}},
            "text_config.rope_parameters",
        ),
        ("audio", {"max_position_embeddings": 7}, "audio_config.max_position_embeddings is 7"),
    ],
)
def test_what_transformers_reads_besides_is_refused_by_name(
    hf_copy: Path, part: str, changes: dict[str, Any], named: str
) -> None:
    with pytest.raises(CheckpointError, match=named):
        _check(_change(hf_copy, part, **changes))


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("", {"initializer_range": 0.5, "pad_token_id": 7, "use_cache": False}),
        ("text", {"attention_dropout": 0.1, "sliding_window": 4096, "max_window_layers": 3}),
        ("audio", {"dropout": 0.1, "max_position_embeddings": 1500, "conv_chunksize": 500}),
    ],
)
def test_what_has_no_effect_is_no_reason_to_refuse(hf_copy: Path, part: str, changes: dict[str, Any]) -> None:
    _check(_change(hf_copy, part, **changes))


def test_what_transformers_refuses_is_refused(hf_copy: Path) -> None:
    with pytest.raises(CheckpointError, match="transformers refuses it"):
        _check(_change(hf_copy, "", tie_word_embeddings="yes"))
