"""The forced aligner: the text decoder in one pass without a cache, and classes of time at the slots.

Source: `Qwen3ASRForTokenClassification` of transformers 5.23.0.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import nn

from edge_export.modules.decoder import LanguageModel, gather_rows
from edge_export.modules.linear import Linear
from edge_export.modules.modern import best_logprob

if TYPE_CHECKING:
    from edge_export.checkpoint.config import TextConfig
    from edge_export.modules.operators import Operators


class Aligner(nn.Module):
    """The whole aligner graph."""

    def __init__(self, config: TextConfig, num_classes: int, operators: Operators) -> None:
        super().__init__()
        self.operators = operators
        self.language_model = LanguageModel(config, operators)
        self.score = Linear(config.hidden_size, num_classes, bias=False, dtype=operators.dtype)

    def forward(
        self,
        input_ids: torch.Tensor,
        audio_index: torch.Tensor,
        audio_embeds: torch.Tensor,
        slot_index: torch.Tensor,
    ) -> tuple[torch.Tensor, ...]:
        """Classify the slots of whole prompts.

        Args:
            input_ids: token ids, shape (B, S); ignored where audio_index is not negative. Right-padded
                sequences are exact, since attention is causal.
            audio_index: row of audio_embeds, or -1 for text, shape (B, S).
            audio_embeds: audio embeddings, shape (A, H), A at least 1.
            slot_index: positions in S of the slots, shape (B, N), padded with any position.

        Returns:
            Most likely class (B, N), its log-probability (B, N), and last the logits (B, N, C), an inner
            value of the production graph.
        """
        model = self.language_model
        x = model.embed(input_ids, audio_index, audio_embeds)
        positions = torch.arange(input_ids.shape[1])
        mask = (positions <= positions[:, None])[None, None]
        rotation = model.rotation(positions.expand(input_ids.shape[0], -1))
        for layer in model.layers:
            x = layer(x, partial(self.operators.attend, mask=mask, rotation=rotation))
        # Norm and head run on the slots alone: 5 000 logits for each of 8 000 tokens would cost too much.
        logits = self.score(model.norm(gather_rows(x, slot_index))).to(torch.float32)
        return logits.argmax(dim=-1), best_logprob(logits), logits
