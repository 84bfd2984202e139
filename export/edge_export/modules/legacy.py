"""The `legacy` lowering: primitives of opset 19 (21 with four-bit weights), for TensorRT 10.0 to 10.14.

The cache, keys and values of each layer, is only read. New rows leave as one output for all layers, the
delta, which the runtime appends with a single strided copy. The cache is not one input for all layers:
TensorRT copies what is cut out of such an input, and each step would move every row three times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import torch

from edge_export.modules.modern import best_with_margin, head_matmul

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_export.modules.operators import Past, Rotation

_MASKED: Final = -1e30
"""Score of a masked key: its weight underflows to exactly 0. Unlike an infinity it keeps a row finite if all
keys of the row are masked."""
_NEVER: Final = 1 << 30
"""A position later than all others. It fits int32: OpenVINO narrows int64, reads 1 << 40 as 0 and attends to
rows that are not valid."""


@dataclass(frozen=True)
class Legacy:
    """See `edge_export.modules.operators.Operators`."""

    dtype: torch.dtype

    @property
    def conv_dtype(self) -> torch.dtype:
        """Dtype of the products, or float32 where the standard has no convolution of it (before opset 22)."""
        return torch.float32 if self.dtype == torch.bfloat16 else self.dtype

    @property
    def narrows(self) -> bool:
        """False: MLP and final norm of the last layer see all rows."""
        return False

    def rms_norm(self, x: torch.Tensor, weight: torch.Tensor, eps: float) -> torch.Tensor:
        """Write out RMSNormalization."""
        return x * torch.rsqrt((x * x).mean(dim=-1, keepdim=True) + eps) * weight

    def attend(
        self,
        q: torch.Tensor,
        k: torch.Tensor,
        v: torch.Tensor,
        mask: torch.Tensor,
        rotation: Rotation | None = None,
    ) -> torch.Tensor:
        """Write out RotaryEmbedding and Attention."""
        return attend(heads(q, rotation), (heads(k, rotation),), (heads(v),), mask)

    def cache(
        self,
        past: Past,
        cache_len: torch.Tensor,
        positions: torch.Tensor,
        rotation: Rotation,
        cache_rows: torch.Tensor | None,
    ) -> DeltaCache:
        """Open the cache: past is keys and values of every layer, alternating, each (B, K, P, D)."""
        assert cache_rows is None, "the shape of the cache says what is read"
        return DeltaCache(past, cache_len, positions, rotation)

    def project(self, hidden: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
        """Emit MatMul, table times hidden rows: see `head_matmul`."""
        return head_matmul(hidden, embedding)

    def score(self, logits: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the most likely token, its log-probability and its margin."""
        return best_with_margin(logits)


class DeltaCache:
    """A read-only past and the rows that the call adds to it."""

    def __init__(
        self, past: Past, cache_len: torch.Tensor, positions: torch.Tensor, rotation: Rotation
    ) -> None:
        self._past = past
        self._rotation = rotation
        rows = torch.arange(past[0].shape[2])
        # Position of every column: the index of a valid row of the past, then those of the new tokens.
        valid = torch.where(rows < cache_len[:, None], rows, _NEVER)
        columns = torch.cat([valid, positions], dim=1)
        self._mask = columns[:, None, None, :] <= positions[:, None, :, None]
        self._delta: list[torch.Tensor] = []

    def attend(self, layer: int, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """Attend to past and new rows as two blocks of scores: the past is never copied."""
        q, k, v = heads(q, self._rotation), heads(k, self._rotation).to(v.dtype), heads(v)
        keys, values = self._past[2 * layer], self._past[2 * layer + 1]
        self._delta += [k, v]
        return attend(q, (keys, k), (values, v), self._mask)

    def updates(self) -> tuple[torch.Tensor, ...]:
        """Return the new rows alone, stacked in the order of the past: (B, 2 × L × K, S, D)."""
        return (torch.cat(self._delta, dim=1),)


def heads(x: torch.Tensor, rotation: Rotation | None = None) -> torch.Tensor:
    """Map (B, S, heads, D) to (B, heads, S, D), rotated if there is a rotation, halves apart."""
    x = x.transpose(1, 2)
    if rotation is None:
        return x
    cosine, sine = (part[:, None] for part in rotation)
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cosine - second * sine, second * cosine + first * sine], dim=-1)


def attend(
    q: torch.Tensor, keys: Sequence[torch.Tensor], values: Sequence[torch.Tensor], mask: torch.Tensor
) -> torch.Tensor:
    """Attend with q (B, Q, S, D) to keys and values (B, K, T, D) given in parts along T: (B, S, Q × D).

    Scores and softmax are float32.
    """
    batch, num_heads, length, size = q.shape
    num_kv_heads, dtype = values[0].shape[1], values[0].dtype
    # The queries of a group become rows of its one key head, so that no key or value is repeated.
    grouped = (batch, num_kv_heads, num_heads // num_kv_heads * length)
    rows = (q * size**-0.5).to(dtype).reshape(*grouped, size)
    blocks = [_scores(rows, part.to(dtype)) for part in keys]
    scores = blocks[0] if len(blocks) == 1 else torch.cat(blocks, dim=-1)
    num_columns = scores.shape[-1]
    scores = torch.where(mask, scores.reshape(batch, num_heads, length, num_columns), _MASKED)
    weights = scores.softmax(dim=-1).to(dtype).reshape(*grouped, num_columns)
    return _weighted(weights, values).reshape(batch, num_heads, length, size).transpose(1, 2).flatten(2)


def _scores(queries: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
    """Map queries (B, K, R, D) and keys (B, K, T, D) to scores (B, K, R, T), float32.

    Keys times queries, not queries times transposed keys, for which TensorRT would copy the keys.
    """
    return torch.matmul(keys, queries.transpose(2, 3)).transpose(2, 3).to(torch.float32)


def _weighted(weights: torch.Tensor, values: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the sum of value rows, each times its column of weights."""
    first = values[0].shape[2]
    if len(values) == 1:
        return torch.matmul(weights, values[0])
    past, new = weights[..., :first], weights[..., first:]
    return torch.matmul(past, values[0]) + torch.matmul(new, values[1])
