"""Teach one attention head per layer where to look, while the rest of the decoder learns what to make of it.

Left alone, the slots of an aligner keep guessing for thousands of steps before they find the word in front of
them in the audio.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers.models.qwen3.modeling_qwen3 import apply_rotary_pos_emb


class AttentionGuide:
    """The first head of some decoder layers."""

    def __init__(self, language_model: Any, layers: tuple[int, ...]) -> None:
        self._seen: dict[int, tuple[Any, Tensor, tuple[Tensor, Tensor]]] = {}
        for layer in layers:
            attention = language_model.layers[layer].self_attn
            attention.register_forward_pre_hook(self._remember(layer), with_kwargs=True)

    def loss(self, slot_bins: Tensor, audio_bins: Tensor, spread_bins: float) -> Tensor:
        """Compare where the heads looked in the last forward pass with where the times are.

        Args:
            slot_bins: (batch, length) true time at each slot, below 0 elsewhere.
            audio_bins: (batch, length) when each audio token begins, likewise.
            spread_bins: width of the target around the true time.

        Returns:
            The cross entropy, averaged over slots and layers.
        """
        losses = [
            attention_loss(self.log_attention(layer), slot_bins, audio_bins, spread_bins)
            for layer in sorted(self._seen)
        ]
        return torch.stack(losses).mean()

    def _remember(self, layer: int) -> Any:
        def hook(attention: Any, _: Any, inputs: dict[str, Any]) -> None:
            self._seen[layer] = (attention, inputs["hidden_states"], inputs["position_embeddings"])

        return hook

    def log_attention(self, layer: int) -> Tensor:
        """Return the log-probabilities of the first head's attention in the last forward pass.

        Args:
            layer: one of the layers that are guided.

        Returns:
            (batch, length, length), each row over the places up to its own.
        """
        attention, hidden, (cos, sin) = self._seen[layer]
        size = attention.head_dim
        query = attention.q_norm(hidden @ attention.q_proj.weight[:size].T.to(hidden.dtype))
        key = attention.k_norm(hidden @ attention.k_proj.weight[:size].T.to(hidden.dtype))
        query, key = apply_rotary_pos_emb(query[:, None], key[:, None], cos, sin)
        scores = (query[:, 0].float() @ key[:, 0].float().transpose(1, 2)) * attention.scaling
        length = scores.shape[-1]
        later = torch.ones(length, length, dtype=torch.bool).triu(1)
        # Not -inf: zero times that would be NaN where nothing is wanted.
        masked: Tensor = scores.masked_fill(later, -1e4)
        return masked.log_softmax(-1)


def attention_loss(
    log_attention: Tensor, slot_bins: Tensor, audio_bins: Tensor, spread_bins: float
) -> Tensor:
    """Compare where one head looked with where the times are.

    Args:
        log_attention: (batch, length, length) log-probabilities.
        slot_bins: as of `AttentionGuide.loss`.
        audio_bins: likewise.
        spread_bins: likewise.

    Returns:
        The cross entropy, averaged over slots.
    """
    rows, columns = slot_bins >= 0, audio_bins >= 0
    distance = (audio_bins[:, None, :] - slot_bins[:, :, None]) / spread_bins
    wanted = (-0.5 * distance**2).masked_fill(~columns[:, None, :], -torch.inf).softmax(-1)
    return -(wanted * log_attention)[rows].sum() / rows.sum()
