"""The `ort` lowering: what ONNX Runtime computes fastest on a CPU, with its contributed operators.

It differs from `modern` where that is faster (docs/adr/0007-cpu-speed.md): grouped attention reads the valid
rows of the cache alone, and the head reads the table as it is stored. Products become integer ones when the
matrices are stored (`quantize.rewrite.ort_kernels`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from edge_export.modules.modern import Modern

if TYPE_CHECKING:
    from edge_export.modules.operators import Past, Rotation


@dataclass(frozen=True)
class Ort(Modern):
    """See `edge_export.modules.operators.Operators`."""

    @property
    def narrows(self) -> bool:
        """True: the MLP of one layer over all rows is a fiftieth of a prompt's time."""
        return True

    def cache(
        self,
        past: Past,
        cache_len: torch.Tensor,
        positions: torch.Tensor,
        rotation: Rotation,
        cache_rows: torch.Tensor | None,
    ) -> SharedCache:
        """Open the cache: past is keys and values of every layer, alternating, each (B, K, M, D)."""
        del cache_len  # positions imply it
        assert cache_rows is None, "the operator reads valid rows alone"
        return SharedCache(past, positions, rotation)

    def project(self, hidden: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
        """Emit FusedMatMul: see `fused_head_matmul`."""
        return fused_head_matmul(hidden, embedding)


def fused_head_matmul(hidden: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
    """Map hidden (…, H) to logits (…, V): a product with the table transposed, which stays as it is."""
    return torch.onnx.ops.symbolic(
        "com.microsoft::FusedMatMul",
        (hidden.to(embedding.dtype), embedding),
        {"transB": 1},
        dtype=embedding.dtype,
        shape=(*hidden.shape[:-1], embedding.shape[0]),
        version=1,
    )


class SharedCache:
    """Whole buffers go in and come out, updated by GroupQueryAttention: in place where both have one address.

    All sequences of a batch add equally many tokens: the operator counts them from the end of each sequence.
    """

    def __init__(self, past: Past, positions: torch.Tensor, rotation: Rotation) -> None:
        self._past = past
        self._rotation = rotation
        # Last valid row of each sequence after the call.
        self._last_row = positions[:, -1].to(torch.int32)
        self._total = self._total_length()
        self._present: list[torch.Tensor] = []

    def attend(self, layer: int, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """Add the new rows and attend to all valid ones, causally, in the cache's dtype."""
        past = self._past[2 * layer : 2 * layer + 2]
        num_heads, num_kv_heads = q.shape[2], k.shape[2]
        dtype = past[0].dtype
        rows = (self._rotated(q).to(dtype), self._rotated(k).to(dtype), v.flatten(2).to(dtype))
        y, *present = torch.onnx.ops.symbolic_multi_out(
            "com.microsoft::GroupQueryAttention",
            (*rows, *past, self._last_row, self._total),
            {"num_heads": num_heads, "kv_num_heads": num_kv_heads},
            dtypes=(dtype, dtype, dtype),
            shapes=((*q.shape[:2], num_heads * q.shape[3]), past[0].shape, past[1].shape),
            version=1,
        )
        self._present += present
        return y.to(v.dtype)

    def updates(self) -> tuple[torch.Tensor, ...]:
        """Return keys and values of every layer, alternating, each (B, K, M, D)."""
        return tuple(self._present)

    def _total_length(self) -> torch.Tensor:
        """Return how many rows the longest sequence has after the call, int32 ()."""
        return self._last_row.amax(dim=0) + 1

    def _rotated(self, x: torch.Tensor) -> torch.Tensor:
        """Map (B, S, heads, D) to (B, S, heads × D)."""
        return torch.onnx.ops.rotary_embedding(x.flatten(2), *self._rotation, num_heads=x.shape[2])
