"""Both rename tables, the exporter's and the reference's, against the names of the official classes."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import (
    Qwen3ASRConfig,
    Qwen3ASRForConditionalGeneration,
    Qwen3ASRForTokenClassification,
)

from edge_export.checkpoint.hf_json import hf_config
from edge_export.checkpoint.released import released_config
from edge_export.checkpoint.tensor_names import hf_name
from edge_export.parity.transformers_model import HEAD_NAMES, ORIGINAL_NAMES
from edge_runtime.bundle.manifest import Kind

OFFICIAL = json.loads((Path(__file__).parents[2] / "golden" / "official_names.json").read_text("utf-8"))
"""Kind → names of one layer each; where from: tests/golden/PROVENANCE.md."""
CLASSES = {"asr": Qwen3ASRForConditionalGeneration, "aligner": Qwen3ASRForTokenClassification}
MODELS: dict[Kind, str] = {"asr": "0.6b", "aligner": "aligner"}


def _names_of_transformers(kind: Kind) -> set[str]:
    config = released_config(MODELS[kind])
    if config.aligner:
        config = replace(config, aligner=replace(config.aligner, slot_id=151705))
    config = replace(
        config, audio=replace(config.audio, num_layers=1), text=replace(config.text, num_layers=1)
    )
    with torch.device("meta"):
        model = CLASSES[kind](Qwen3ASRConfig.from_dict(hf_config(config)))
    return set(model.state_dict())


def _renamed(name: str, kind: Kind) -> str:
    for pattern, replacement in {**ORIGINAL_NAMES, r"^thinker\.lm_head\.": HEAD_NAMES[kind]}.items():
        name = re.sub(pattern, replacement, name)
    return name


@pytest.mark.parametrize("kind", MODELS)
def test_the_references_names_are_those_of_both_packages(kind: Kind) -> None:
    assert {_renamed(name, kind) for name in OFFICIAL[kind]} == _names_of_transformers(kind)


@pytest.mark.parametrize("kind", MODELS)
def test_the_exporters_names_are_those_of_both_packages(kind: Kind) -> None:
    assert {hf_name(name, kind) for name in OFFICIAL[kind]} == _names_of_transformers(kind)
