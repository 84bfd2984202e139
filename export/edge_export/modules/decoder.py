"""The text decoder, one graph for prefill and for steps.

Right-padded batches are exact without a mask input: padding writes cache rows beyond the valid length, which
are masked by position until a real token overwrites them.

Source: `Qwen3Model` of transformers 5.23.0.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

from edge_export.modules.linear import Linear

if TYPE_CHECKING:
    from edge_export.checkpoint.config import TextConfig
    from edge_export.modules.operators import Attend, Operators, Past, Rotation


Rows = Callable[[torch.Tensor], torch.Tensor]
"""Selects rows of (B, S, …)."""


def all_rows(x: torch.Tensor) -> torch.Tensor:
    """Return all of it."""
    return x


class RmsNorm(nn.Module):
    """Root-mean-square normalisation over the last dimension, in float32."""

    def __init__(self, size: int, eps: float, operators: Operators) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(size))
        self.eps = eps
        self.operators = operators

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Normalise (…, size) of any float dtype to float32."""
        return self.operators.rms_norm(x.to(torch.float32), self.weight, self.eps)


class DecoderAttention(nn.Module):
    """Grouped-query attention; `attend` decides which other tokens it sees."""

    def __init__(self, config: TextConfig, operators: Operators) -> None:
        super().__init__()
        self.heads = (config.num_heads, config.num_kv_heads, config.num_kv_heads)
        self.head_dim = config.head_dim
        width, dtype = config.num_heads * config.head_dim, operators.dtype
        fused = sum(self.heads) * config.head_dim
        self.qkv_proj = Linear(config.hidden_size, fused, bias=False, dtype=dtype)
        self.q_norm = RmsNorm(config.head_dim, config.rms_norm_eps, operators)
        self.k_norm = RmsNorm(config.head_dim, config.rms_norm_eps, operators)
        self.o_proj = Linear(width, config.hidden_size, bias=False, dtype=dtype)

    def forward(self, x: torch.Tensor, attend: Attend, select_rows: Rows) -> torch.Tensor:
        """Map (B, S, H) to the selected rows of the result."""
        batch, length, _ = x.shape
        qkv = self.qkv_proj(x).reshape(batch, length, sum(self.heads), self.head_dim)
        q, k, v = qkv.split(self.heads, dim=2)
        attended: torch.Tensor = self.o_proj(select_rows(attend(self.q_norm(q), self.k_norm(k), v)))
        return attended


class Mlp(nn.Module):
    """SwiGLU; gate and up from one product."""

    def __init__(self, config: TextConfig, dtype: torch.dtype) -> None:
        super().__init__()
        hidden, inner = config.hidden_size, config.intermediate_size
        self.gate_up_proj = Linear(hidden, 2 * inner, bias=False, dtype=dtype)
        self.down_proj = Linear(inner, hidden, bias=False, dtype=dtype)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (B, S, H) to the same shape."""
        gate, up = self.gate_up_proj(x).chunk(2, dim=-1)
        # Written out: most back ends lack the fused operator (Swish, opset 24).
        mapped: torch.Tensor = self.down_proj(gate * torch.sigmoid(gate) * up)
        return mapped


class DecoderLayer(nn.Module):
    """Pre-norm transformer layer; residual sums are float32."""

    def __init__(self, config: TextConfig, operators: Operators) -> None:
        super().__init__()
        self.input_layernorm = RmsNorm(config.hidden_size, config.rms_norm_eps, operators)
        self.self_attn = DecoderAttention(config, operators)
        self.post_attention_layernorm = RmsNorm(config.hidden_size, config.rms_norm_eps, operators)
        self.mlp = Mlp(config, operators.dtype)

    def forward(self, x: torch.Tensor, attend: Attend, select_rows: Rows = all_rows) -> torch.Tensor:
        """Map (B, S, H), float32, to the rows that are selected after attention, float32."""
        attended: torch.Tensor = self.self_attn(self.input_layernorm(x), attend, select_rows)
        x = select_rows(x) + attended.to(x.dtype)
        mapped: torch.Tensor = self.mlp(self.post_attention_layernorm(x))
        return x + mapped.to(x.dtype)


class LanguageModel(nn.Module):
    """Embedding, layers and final norm."""

    def __init__(self, config: TextConfig, operators: Operators) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size, dtype=operators.dtype)
        self.inv_freq = nn.Parameter(torch.empty(config.head_dim // 2))
        self.layers = nn.ModuleList(DecoderLayer(config, operators) for _ in range(config.num_layers))
        self.norm = RmsNorm(config.hidden_size, config.rms_norm_eps, operators)

    def rotation(self, positions: torch.Tensor) -> Rotation:
        """Return cosine and sine for positions (B, S): computed, not stored as a table of all positions."""
        angles = positions[..., None].to(torch.float32) * self.inv_freq
        return angles.cos(), angles.sin()

    def embed(
        self, input_ids: torch.Tensor, audio_index: torch.Tensor, audio_embeds: torch.Tensor
    ) -> torch.Tensor:
        """Embed tokens (B, S), rows of audio_embeds (A, H) where audio_index (B, S) names one; in float32."""
        is_audio = audio_index >= 0
        # Not clamp: TensorRT 10 clips floats only.
        audio = functional.embedding(torch.where(is_audio, audio_index, 0), audio_embeds)
        text = self.embed_tokens(input_ids).to(torch.float32)
        return torch.where(is_audio[..., None], audio, text)


class Decoder(nn.Module):
    """The whole decoder graph."""

    def __init__(self, config: TextConfig, operators: Operators) -> None:
        super().__init__()
        self.operators = operators
        self.language_model = LanguageModel(config, operators)
        self.lm_head: Linear | None = None
        if config.has_own_head:
            self.lm_head = Linear(config.hidden_size, config.vocab_size, bias=False, dtype=operators.dtype)

    def forward(
        self,
        input_ids: torch.Tensor,
        audio_index: torch.Tensor,
        audio_embeds: torch.Tensor,
        cache_len: torch.Tensor,
        last_index: torch.Tensor,
        past: Past,
        cache_rows: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, ...]:
        """Run prompt or step.

        Args:
            input_ids: token ids, shape (B, S); ignored where audio_index is not negative.
            audio_index: row of audio_embeds, or -1 for text, shape (B, S).
            audio_embeds: audio embeddings, shape (A, H), A at least 1.
            cache_len: valid cache rows before this call, shape (B).
            last_index: positions in S of the tokens whose next token is scored, shape (B, N).
            past: the cache, keys and values of every layer, alternating.
            cache_rows: 0, 1 …, as many as the rows that the call reads, shape (T); None reads all.

        Returns:
            What the operators `score`, of last_index's shape, the updates of the cache, and last the logits
            (…, V), an inner value of the production graph.
        """
        model = self.language_model
        x = model.embed(input_ids, audio_index, audio_embeds)
        positions = cache_len[:, None] + torch.arange(input_ids.shape[1])
        cache = self.operators.cache(past, cache_len, positions, model.rotation(positions), cache_rows)
        scored, narrows = partial(gather_rows, index=last_index), self.operators.narrows
        for index, layer in enumerate(model.layers):
            is_last = index == len(model.layers) - 1
            x = layer(x, partial(cache.attend, index), scored if narrows and is_last else all_rows)
        hidden = model.norm(x if narrows else scored(x))
        if self.lm_head is None:
            logits = self.operators.project(hidden, model.embed_tokens.weight).to(torch.float32)
        else:
            logits = self.lm_head(hidden).to(torch.float32)
        return *self.operators.score(logits), *cache.updates(), logits


def gather_rows(x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """Pick rows of each sequence: x (B, S, H), index (B) or (B, N) → (B, H) or (B, N, H)."""
    shape = (*index.shape, x.shape[2])
    return torch.onnx.ops.symbolic(
        "GatherND", (x, index[..., None]), {"batch_dims": 1}, dtype=x.dtype, shape=shape, version=13
    )
