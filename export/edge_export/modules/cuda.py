"""The `cuda` lowering: graphs that ONNX Runtime's CUDA provider runs without the CPU.

Opset 18, with operators that ONNX Runtime adds. The provider uses a kernel only for the operator version that
it was registered for. Later opsets gave new versions to `Cast`, `Reshape`, `Shape`, `Sin` and others before
the provider had kernels for them: each would run on the CPU, with two copies (docs/adr/0010-ort-cuda.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from edge_export.modules.legacy import Legacy, attend, heads
from edge_export.modules.ort import SharedCache, fused_head_matmul

if TYPE_CHECKING:
    from edge_export.modules.operators import Cache, Past, Rotation


@dataclass(frozen=True)
class Cuda(Legacy):
    """See `edge_export.modules.operators.Operators`."""

    def rms_norm(self, x: torch.Tensor, weight: torch.Tensor, eps: float) -> torch.Tensor:
        """Emit SimplifiedLayerNormalization, which ONNX Runtime adds to the standard domain."""
        return torch.onnx.ops.symbolic(
            "SimplifiedLayerNormalization",
            (x, weight),
            {"axis": -1, "epsilon": eps, "stash_type": 1},
            dtype=x.dtype,
            shape=x.shape,
            version=1,
        )

    def cache(  # type: ignore[override]
        self,
        past: Past,
        cache_len: torch.Tensor,
        positions: torch.Tensor,
        rotation: Rotation,
        cache_rows: torch.Tensor | None,
    ) -> Cache:
        """Open the cache: past is keys and values of every layer, alternating, each (B, K, M, D)."""
        del cache_len  # positions imply it
        assert cache_rows is None, "the operator reads valid rows alone"
        if self.dtype == torch.float32:
            return ScatteredCache(past, positions, rotation)
        return GroupedCache(past, positions, rotation)

    def project(self, hidden: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
        """Emit FusedMatMul."""
        return fused_head_matmul(hidden, embedding)


class GroupedCache(SharedCache):
    """The cache in half precision: GroupQueryAttention, for which the provider has no float32 kernel."""

    def __init__(self, past: Past, positions: torch.Tensor, rotation: Rotation) -> None:
        super().__init__(past, positions, rotation)
        batch, length = positions.shape
        # A table with one row per token, in their order.
        self._tables = [part.flatten(0, 1) for part in rotation]
        self._rows = torch.arange(batch * length).reshape(batch, length)

    def _total_length(self) -> torch.Tensor:
        """Return the rows of the buffer: an upper bound of the length that the host knows.

        The true length would have to be copied from the device in every step. The operator still reads valid
        rows alone, because it gets the last row of each sequence.
        """
        return torch.scalar_tensor(self._past[0].shape[2], dtype=torch.int32)

    def _rotated(self, x: torch.Tensor) -> torch.Tensor:
        """Map (B, S, heads, D) to (B, S, heads × D)."""
        flat = x.flatten(2)
        return torch.onnx.ops.symbolic(
            "com.microsoft::RotaryEmbedding",
            (flat, self._rows, *self._tables),
            {"num_heads": x.shape[2]},
            dtype=x.dtype,
            shape=flat.shape,
            version=1,
        )


class ScatteredCache:
    """The cache in float32: ScatterElements, in place where past and present have one address.

    All rows of the buffer are read, and those that are not valid masked.
    """

    def __init__(self, past: Past, positions: torch.Tensor, rotation: Rotation) -> None:
        self._past = past
        self._rotation = rotation
        self._positions = positions[:, None, :, None]
        self._mask = torch.arange(past[0].shape[2]) <= self._positions
        self._present: list[torch.Tensor] = []

    def attend(self, layer: int, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """Write the new rows, then attend to the whole buffer."""
        keys = self._write(self._past[2 * layer], heads(k, self._rotation))
        values = self._write(self._past[2 * layer + 1], heads(v))
        self._present += [keys, values]
        return attend(heads(q, self._rotation), (keys,), (values,), self._mask)

    def updates(self) -> tuple[torch.Tensor, ...]:
        """Return keys and values of every layer, alternating, each (B, K, M, D)."""
        return tuple(self._present)

    def _write(self, past: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        return past.scatter(2, self._positions.expand(rows.shape), rows)
