"""The guided attention is that which the library computes, and right looking costs least."""

from __future__ import annotations

import pytest
import torch
from transformers import Qwen3ASRForTokenClassification

from edge_mini.attention_guide import AttentionGuide, attention_loss
from edge_mini.model import aligner_config
from edge_mini.tokenizer import train_tokenizer


@pytest.fixture(scope="module")
def language_model() -> torch.nn.Module:
    config = aligner_config(train_tokenizer(7))
    torch.manual_seed(1)
    language_model = Qwen3ASRForTokenClassification(config).model.language_model
    language_model.set_attn_implementation("eager")  # the one that hands out its weights
    return language_model


@torch.no_grad()
def test_the_attention_is_the_librarys(language_model: torch.nn.Module) -> None:
    guide = AttentionGuide(language_model, (1, 2))
    embeds = torch.randn(2, 9, 192)
    weights = language_model(inputs_embeds=embeds, use_cache=False, output_attentions=True).attentions
    for layer in (1, 2):
        ours = guide.log_attention(layer).exp()
        torch.testing.assert_close(ours, weights[layer][:, 0], atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_the_loss_is_the_mean_of_the_guided_layers(language_model: torch.nn.Module) -> None:
    guide = AttentionGuide(language_model, (1, 2))
    language_model(inputs_embeds=torch.randn(1, 5, 192), use_cache=False)
    audio_bins = torch.tensor([[0.0, 1.0, 2.0, 3.0, -1.0]])
    slot_bins = torch.tensor([[-1.0, -1.0, -1.0, -1.0, 2.0]])
    alone = [attention_loss(guide.log_attention(layer), slot_bins, audio_bins, 0.6) for layer in (1, 2)]
    torch.testing.assert_close(guide.loss(slot_bins, audio_bins, 0.6), (alone[0] + alone[1]) / 2)


def test_looking_at_the_right_time_costs_least() -> None:
    audio_bins = torch.tensor([[0.0, 1.0, 2.0, 3.0, -1.0]])
    slot_bins = torch.tensor([[-1.0, -1.0, -1.0, -1.0, 2.0]])

    def cost(looked_at: int) -> float:
        scores = torch.full((1, 5, 5), -9.0)
        scores[0, 4, looked_at] = 9.0
        return float(attention_loss(scores.log_softmax(-1), slot_bins, audio_bins, 0.6))

    costs = [cost(place) for place in range(5)]
    assert costs.index(min(costs)) == 2
    assert costs[1] < costs[0]
