"""PEFT's own reading of adapters that PEFT wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from transformers import Qwen3ASRForConditionalGeneration

from edge_export.checkpoint.checkpoint import read_checkpoint
from edge_export.checkpoint.source import Source
from edge_export.checkpoint.tensor_names import EMBEDDING, HEAD
from edge_export.parity.transformers_model import load_model

SETTINGS: dict[str, dict[str, Any]] = {
    "linear": {"target_modules": ["q_proj", "v_proj", "down_proj"]},
    "rslora": {"target_modules": ["q_proj", "o_proj"], "use_rslora": True, "lora_alpha": 5},
    "patterns": {
        "target_modules": ["q_proj", "up_proj"],
        "rank_pattern": {"up_proj": 3},
        "alpha_pattern": {r"language_model\.layers\.1\..*q_proj": 32},
    },
    "encoder": {"target_modules": r".*audio_tower.*\.(fc1|k_proj)"},
    "head": {"target_modules": ["q_proj", "lm_head"]},
    "whole head": {"target_modules": ["q_proj"], "modules_to_save": ["lm_head"]},
    "fan_in_fan_out": {"target_modules": ["q_proj"], "init_lora_weights": "gaussian"},
}


@pytest.fixture(params=SETTINGS)
def adapted(request: pytest.FixtureRequest, tiny_checkpoints: dict[str, Path], tmp_path: Path) -> Any:
    """A model with an adapter of random values, saved to `adapter`."""
    base = Qwen3ASRForConditionalGeneration.from_pretrained(tiny_checkpoints["hf"], dtype=torch.float32)
    model = peft.get_peft_model(base, peft.LoraConfig(r=4, **SETTINGS[request.param]))
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for name, each in model.named_parameters():
            if "lora_" in name or "modules_to_save" in name:
                each.add_(torch.randn(each.shape, generator=generator) / 8)
    model.save_pretrained(tmp_path / "adapter")
    return model.eval()


@pytest.mark.filterwarnings("ignore")
def test_the_graphs_weights_and_the_reference_are_those_of_peft(
    adapted: Any, tiny_checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    checkpoint = read_checkpoint(Source(tiny_checkpoints["hf"].resolve(), "x", "x"), tmp_path / "adapter")
    ids = torch.arange(40)[None]
    reference = load_model(checkpoint)
    with torch.inference_mode():
        torch.testing.assert_close(reference(input_ids=ids).logits, adapted(input_ids=ids).logits)
    merged = adapted.merge_and_unload().state_dict()
    for name in {*checkpoint.weights.names()} - {HEAD, EMBEDDING}:
        torch.testing.assert_close(checkpoint.weights.read(name).float(), merged[name])
    if checkpoint.config.text.has_own_head:
        torch.testing.assert_close(checkpoint.weights.read(HEAD).float(), merged[HEAD])
