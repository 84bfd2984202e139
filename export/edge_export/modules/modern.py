"""The `modern` lowering: opset 24 standard operators, the cache updated in place.

Attention depends on an explicit bool mask alone: TensorRT does not honour `is_causal` and `nonpad_kv_seqlen`,
without an error. It refuses the attribute `softmax_precision`, so the precision of the softmax is the back
end's choice here; ONNX Runtime on a CPU takes that of the inputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from edge_export.modules.operators import Past, Rotation


@dataclass(frozen=True)
class Modern:
    """See `edge_export.modules.operators.Operators`."""

    dtype: torch.dtype

    @property
    def conv_dtype(self) -> torch.dtype:
        """That of products."""
        return self.dtype

    def rms_norm(self, x: torch.Tensor, weight: torch.Tensor, eps: float) -> torch.Tensor:
        """Emit RMSNormalization."""
        return functional.rms_norm(x, weight.shape, weight, eps)

    def rotate(self, x: torch.Tensor, rotation: Rotation) -> torch.Tensor:
        """Emit RotaryEmbedding."""
        return torch.onnx.ops.rotary_embedding(x, *rotation)

    def attend(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Emit Attention."""
        return torch.onnx.ops.attention(q.to(v.dtype), k.to(v.dtype), v, mask)[0]

    def cache(self, past: Past, cache_len: torch.Tensor, positions: torch.Tensor) -> ScatterCache:
        """Open the cache: past is keys and values of every layer, alternating, each (B, K, M, D)."""
        return ScatterCache(self, past, cache_len, positions)


class ScatterCache:
    """Whole buffers go in and come out, updated by TensorScatter: in place where both have one address."""

    def __init__(
        self, operators: Modern, past: Past, cache_len: torch.Tensor, positions: torch.Tensor
    ) -> None:
        self._operators = operators
        self._past = past
        self._cache_len = cache_len
        # Rows at and before a token's own position: causal, and nothing beyond the valid length.
        self._mask = torch.arange(past[0].shape[2]) <= positions[:, None, :, None]
        self._present: list[torch.Tensor] = []

    def attend(self, layer: int, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """Write the new rows, then attend to the whole buffer."""
        keys = self._write(self._past[2 * layer], k)
        values = self._write(self._past[2 * layer + 1], v)
        self._present += [keys, values]
        return self._operators.attend(q, keys, values, self._mask)

    def updates(self) -> tuple[torch.Tensor, ...]:
        """Return keys and values of every layer, alternating, each (B, K, M, D)."""
        return tuple(self._present)

    def _write(self, past: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        return torch.onnx.ops.symbolic(
            "TensorScatter",
            (past, rows.to(past.dtype), self._cache_len),
            {"axis": -2},
            dtype=past.dtype,
            shape=past.shape,
            version=24,
        )
