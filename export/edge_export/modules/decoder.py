"""The text decoder, one graph for prefill and for steps.

Right-padded batches are exact without a mask input: padding writes cache rows beyond the valid length, which
are masked by position until a real token overwrites them.

Source: `Qwen3Model` of transformers 5.23.0; `modern` lowering: opset 24 standard operators only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import nn
from torch.nn import functional

from edge_export.modules.linear import Linear

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_export.config import TextConfig

Rotation = tuple[torch.Tensor, torch.Tensor]
"""Cosine and sine of every position's angles, each (B, S, D / 2); one pair serves all layers."""


class LayerCache(NamedTuple):
    """One layer's cache before a call.

    Attributes:
        keys, values: each (B, K, M, D).
        length: valid rows, shape (B).
    """

    keys: torch.Tensor
    values: torch.Tensor
    length: torch.Tensor


class RmsNorm(nn.Module):
    """Root-mean-square normalisation over the last dimension."""

    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(size))
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Normalise (…, size)."""
        return functional.rms_norm(x, self.weight.shape, self.weight, self.eps)


class DecoderAttention(nn.Module):
    """Grouped-query attention over the whole cache, which it updates, or over the sequence alone."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.heads = (config.num_heads, config.num_kv_heads, config.num_kv_heads)
        self.head_dim = config.head_dim
        width = config.num_heads * config.head_dim
        self.qkv_proj = Linear(config.hidden_size, sum(self.heads) * config.head_dim, bias=False)
        self.q_norm = RmsNorm(config.head_dim, config.rms_norm_eps)
        self.k_norm = RmsNorm(config.head_dim, config.rms_norm_eps)
        self.o_proj = Linear(width, config.hidden_size, bias=False)

    def forward(
        self,
        x: torch.Tensor,
        rotation: Rotation,
        mask: torch.Tensor,
        cache: LayerCache | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Attend; return the result (B, S, H) and all keys and values, each (B, K, M, D) or (B, K, S, D)."""
        batch, length, _ = x.shape
        qkv = self.qkv_proj(x).reshape(batch, length, sum(self.heads), self.head_dim)
        q, k, v = qkv.transpose(1, 2).split(self.heads, dim=1)
        q = torch.onnx.ops.rotary_embedding(self.q_norm(q), *rotation)
        k = torch.onnx.ops.rotary_embedding(self.k_norm(k), *rotation)
        if cache is not None:
            k, v = _scatter(cache.keys, k, cache.length), _scatter(cache.values, v, cache.length)
        y = torch.onnx.ops.attention(q, k, v, mask)[0]
        return self.o_proj(y.transpose(1, 2).reshape(batch, length, -1)), k, v


class Mlp(nn.Module):
    """SwiGLU; gate and up from one product."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.gate_up_proj = Linear(config.hidden_size, 2 * config.intermediate_size, bias=False)
        self.down_proj = Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (B, S, H) to the same shape."""
        gate, up = self.gate_up_proj(x).chunk(2, dim=-1)
        # Written out: the fused operator for it (Swish, opset 24) is unknown to most back ends.
        mapped: torch.Tensor = self.down_proj(gate * torch.sigmoid(gate) * up)
        return mapped


class DecoderLayer(nn.Module):
    """Pre-norm transformer layer."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.input_layernorm = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self.self_attn = DecoderAttention(config)
        self.post_attention_layernorm = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self.mlp = Mlp(config)

    def forward(
        self,
        x: torch.Tensor,
        rotation: Rotation,
        mask: torch.Tensor,
        cache: LayerCache | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Map (B, S, H) to the same shape, and update the layer's cache if there is one."""
        y, keys, values = self.self_attn(self.input_layernorm(x), rotation, mask, cache)
        x = x + y
        return x + self.mlp(self.post_attention_layernorm(x)), keys, values


class LanguageModel(nn.Module):
    """Embedding, layers and final norm."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.inv_freq = nn.Parameter(torch.empty(config.head_dim // 2))
        self.layers = nn.ModuleList(DecoderLayer(config) for _ in range(config.num_layers))
        self.norm = RmsNorm(config.hidden_size, config.rms_norm_eps)

    def rotation(self, positions: torch.Tensor) -> Rotation:
        """Return cosine and sine for positions (B, S): computed, not stored as a table of all positions."""
        angles = positions[..., None].to(torch.float32) * self.inv_freq
        return angles.cos(), angles.sin()

    def embed(
        self, input_ids: torch.Tensor, audio_index: torch.Tensor, audio_embeds: torch.Tensor
    ) -> torch.Tensor:
        """Embed tokens (B, S), rows of audio_embeds (A, H) where audio_index (B, S) names one."""
        audio = functional.embedding(audio_index.clamp(min=0), audio_embeds)
        return torch.where((audio_index >= 0)[..., None], audio, self.embed_tokens(input_ids))


class Decoder(nn.Module):
    """The whole decoder graph."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.language_model = LanguageModel(config)

    def forward(
        self,
        input_ids: torch.Tensor,
        audio_index: torch.Tensor,
        audio_embeds: torch.Tensor,
        cache_len: torch.Tensor,
        last_index: torch.Tensor,
        past: Sequence[torch.Tensor],
    ) -> tuple[torch.Tensor, ...]:
        """Run prompt or step.

        Args:
            input_ids: token ids, shape (B, S); ignored where audio_index is not negative.
            audio_index: row of audio_embeds, or -1 for text, shape (B, S).
            audio_embeds: audio embeddings, shape (A, H), A at least 1.
            cache_len: valid cache rows before this call, shape (B).
            last_index: position in S of the last valid token, shape (B).
            past: keys and values of every layer, alternating, each (B, K, M, D).

        Returns:
            Most likely next token (B), its log-probability (B), updated keys and values, alternating, and
            last the logits (B, V), an inner value of the production graph.
        """
        model = self.language_model
        x = model.embed(input_ids, audio_index, audio_embeds)
        positions = cache_len[:, None] + torch.arange(input_ids.shape[1])
        mask = torch.arange(past[0].shape[2]) <= positions[:, None, :, None]
        rotation = model.rotation(positions)
        present: list[torch.Tensor] = []
        for index, layer in enumerate(model.layers):
            cache = LayerCache(past[2 * index], past[2 * index + 1], cache_len)
            x, *updated = layer(x, rotation, mask, cache)
            present += updated
        logits = self._logits(model.norm(gather_rows(x, last_index)))
        return logits.argmax(dim=-1), best_logprob(logits), *present, logits

    def _logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """Map hidden (B, H) to logits (B, V) in float32."""
        # Embedding times hidden, not hidden times transposed embedding: the (V, H) matrix is used as it is
        # stored, so no back end makes a second, transposed or packed copy of the model's largest tensor.
        logits = torch.matmul(self.language_model.embed_tokens.weight, hidden.transpose(0, 1)).transpose(0, 1)
        return logits.to(torch.float32)


def _scatter(past: torch.Tensor, update: torch.Tensor, cache_len: torch.Tensor) -> torch.Tensor:
    """Write update (B, K, S, D) into past (B, K, M, D) from row cache_len on; in place where possible."""
    return torch.onnx.ops.symbolic(
        "TensorScatter",
        (past, update, cache_len),
        {"axis": -2},
        dtype=past.dtype,
        shape=past.shape,
        version=24,
    )


def best_logprob(logits: torch.Tensor) -> torch.Tensor:
    """Return the log-probability (…) of the largest of logits (…, V)."""
    best = logits.amax(dim=-1, keepdim=True)
    return -torch.log(torch.exp(logits - best).sum(dim=-1))


def gather_rows(x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """Pick rows of each sequence: x (B, S, H), index (B) or (B, N) → (B, H) or (B, N, H)."""
    shape = (*index.shape, x.shape[2])
    return torch.onnx.ops.symbolic(
        "GatherND", (x, index[..., None]), {"batch_dims": 1}, dtype=x.dtype, shape=shape, version=13
    )
