"""The guided attention is that which the library computes, and right looking costs least."""

from __future__ import annotations

import pytest
import torch
from transformers import Qwen3ASRForTokenClassification

from edge_mini.attention_guide import AttentionGuide
from edge_mini.model import aligner_config
from edge_mini.tokenizer import train_tokenizer


@pytest.fixture(scope="module")
def language_model() -> torch.nn.Module:
    config = aligner_config(train_tokenizer(7))
    config.text_config._attn_implementation = "eager"  # the one that hands out its weights
    torch.manual_seed(1)
    return Qwen3ASRForTokenClassification(config).model.language_model


@torch.no_grad()
def test_the_attention_is_the_librarys(language_model: torch.nn.Module) -> None:
    guide = AttentionGuide(language_model, (1, 2))
    embeds = torch.randn(2, 9, 192)
    weights = language_model(inputs_embeds=embeds, use_cache=False, output_attentions=True).attentions
    for layer in (1, 2):
        ours = guide._log_attention(layer).exp()
        torch.testing.assert_close(ours, weights[layer][:, 0], atol=1e-5, rtol=1e-4)


def test_looking_at_the_right_time_costs_least(monkeypatch: pytest.MonkeyPatch) -> None:
    guide = AttentionGuide.__new__(AttentionGuide)
    guide._seen = {0: None}  # type: ignore[dict-item]
    audio_bins = torch.tensor([[0.0, 1.0, 2.0, 3.0, -1.0]])
    slot_bins = torch.tensor([[-1.0, -1.0, -1.0, -1.0, 2.0]])

    def cost(looked_at: int) -> float:
        scores = torch.full((1, 5, 5), -9.0)
        scores[0, 4, looked_at] = 9.0
        monkeypatch.setattr(guide, "_log_attention", lambda _: scores.log_softmax(-1), raising=False)
        return float(guide.loss(slot_bins, audio_bins, 0.6))

    costs = [cost(place) for place in range(5)]
    assert costs.index(min(costs)) == 2
    assert costs[1] < costs[0]
