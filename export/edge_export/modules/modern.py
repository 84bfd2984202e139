"""The `modern` lowering: opset 24 standard operators, the cache updated in place.

Attention depends on an explicit bool mask alone: TensorRT ignores `is_causal` and `nonpad_kv_seqlen`
without an error. It refuses the attribute `softmax_precision`, so the precision of the softmax is the back
end's choice here; ONNX Runtime on a CPU takes that of the inputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from edge_export.modules.operators import Cache, Past, Rotation


@dataclass(frozen=True)
class Modern:
    """See `edge_export.modules.operators.Operators`."""

    dtype: torch.dtype

    @property
    def conv_dtype(self) -> torch.dtype:
        """Dtype of the products."""
        return self.dtype

    @property
    def narrows(self) -> bool:
        """False: MLP and final norm of the last layer see all rows."""
        return False

    def rms_norm(self, x: torch.Tensor, weight: torch.Tensor, eps: float) -> torch.Tensor:
        """Emit RMSNormalization."""
        return functional.rms_norm(x, weight.shape, weight, eps)

    def attend(
        self,
        q: torch.Tensor,
        k: torch.Tensor,
        v: torch.Tensor,
        mask: torch.Tensor,
        rotation: Rotation | None = None,
    ) -> torch.Tensor:
        """Emit RotaryEmbedding and Attention."""
        return _attend(_heads(q, rotation), _heads(k, rotation), _heads(v), mask)

    def cache(
        self,
        past: Past,
        cache_len: torch.Tensor,
        positions: torch.Tensor,
        rotation: Rotation,
        cache_rows: torch.Tensor | None,
    ) -> Cache:
        """Open the cache: past is keys and values of every layer, alternating, each (B, K, M, D)."""
        return ScatterCache(past, cache_len, positions, rotation, cache_rows)

    def project(self, hidden: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
        """Emit MatMul, table times hidden rows: see `head_matmul`."""
        return head_matmul(hidden, embedding)

    def score(self, logits: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the most likely token, its log-probability and its margin."""
        return best_with_margin(logits)


def best_with_margin(logits: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Return the most likely token of logits (…, V), its log-probability and its margin."""
    best, tokens = logits.topk(2, dim=-1)
    return tokens[..., 0], best_logprob(logits), best[..., 0] - best[..., 1]


def best_logprob(logits: torch.Tensor) -> torch.Tensor:
    """Return the log-probability (…) of the largest of logits (…, V)."""
    best = logits.amax(dim=-1, keepdim=True)
    return -torch.log(torch.exp(logits - best).sum(dim=-1))


def head_matmul(hidden: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
    """Map hidden (B, N, H) to logits (B, N, V).

    Embedding times hidden, not hidden times transposed embedding: the (V, H) matrix is used as it is stored,
    so no back end makes a second, transposed or packed copy of the model's largest tensor. The rows of all
    sequences are one matrix, so that the table is read once.
    """
    rows = hidden.to(embedding.dtype).flatten(0, 1)
    logits = torch.matmul(embedding, rows.transpose(0, 1)).transpose(0, 1)
    return logits.reshape(*hidden.shape[:2], embedding.shape[0])


def _heads(x: torch.Tensor, rotation: Rotation | None = None) -> torch.Tensor:
    """Map (B, S, heads, D) to (B, heads, S, D), rotated if there is a rotation."""
    x = x.transpose(1, 2)
    return x if rotation is None else torch.onnx.ops.rotary_embedding(x, *rotation)


def _attend(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Map q (B, Q, S, D), k and v (B, K, T, D) to (B, S, Q × D)."""
    y = torch.onnx.ops.attention(q.to(v.dtype), k.to(v.dtype), v, mask)[0]
    return y.transpose(1, 2).flatten(2)


class ScatterCache:
    """Whole buffers go in and come out, updated by TensorScatter: in place where both have one address.

    With `cache_rows` attention reads the first rows alone: the buffers of TensorRT have a fixed size.
    """

    def __init__(
        self,
        past: Past,
        cache_len: torch.Tensor,
        positions: torch.Tensor,
        rotation: Rotation,
        cache_rows: torch.Tensor | None,
    ) -> None:
        self._past = past
        self._rotation = rotation
        self._cache_len = cache_len
        self._cache_rows = cache_rows
        rows = torch.arange(past[0].shape[2]) if cache_rows is None else cache_rows
        # Rows up to a token's own position: causal, and within the valid length.
        self._mask = rows <= positions[:, None, :, None]
        self._present: list[torch.Tensor] = []

    def attend(self, layer: int, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """Write the new rows, then attend to the whole buffer."""
        keys = self._write(self._past[2 * layer], _heads(k, self._rotation))
        values = self._write(self._past[2 * layer + 1], _heads(v))
        self._present += [keys, values]
        return _attend(_heads(q, self._rotation), self._read(keys), self._read(values), self._mask)

    def updates(self) -> tuple[torch.Tensor, ...]:
        """Return keys and values of every layer, alternating, each (B, K, M, D)."""
        return tuple(self._present)

    def _read(self, rows: torch.Tensor) -> torch.Tensor:
        """Return the first rows of (B, K, M, D), as many as there are `cache_rows`."""
        if self._cache_rows is None:
            return rows
        end = torch.onnx.ops.symbolic("Shape", (self._cache_rows,), dtype=torch.int64, shape=(1,), version=15)
        shape = (*rows.shape[:2], self._cache_rows.shape[0], rows.shape[3])
        bounds = (torch.full((1,), 0), end, torch.full((1,), 2))
        return torch.onnx.ops.symbolic("Slice", (rows, *bounds), dtype=rows.dtype, shape=shape, version=13)

    def _write(self, past: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        return torch.onnx.ops.symbolic(
            "TensorScatter",
            (past, rows.to(past.dtype), self._cache_len),
            {"axis": -2},
            dtype=past.dtype,
            shape=past.shape,
            version=24,
        )
