"""What a lowering decides: how parts of the model are written whose operators differ between back ends.

The modules are one definition; the `Operators` object passed to their constructors emits these parts and
names the dtype of the products. Residual stream, norms, rotation and log-probabilities are float32 in
every graph: half precision touches the products and what lies directly between them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import torch

Rotation = tuple[torch.Tensor, torch.Tensor]
"""Cosine and sine of every position's angles, each (B, S, D / 2), float32; one pair serves all layers."""

Attend = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""Attention of queries (B, S, Q, D), not rotated yet, to the cache with keys and values (B, S, K, D) of the
same tokens; the result (B, S, Q × D) has the dtype of the values."""


Past = Sequence[torch.Tensor]
"""The decoder's inputs for the cache: keys and values of every layer, alternating."""


class Cache(Protocol):
    """Keys and values of all layers during one call of the decoder."""

    def attend(self, layer: int, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """Add a layer's new keys and values, and attend to all that its queries may see."""
        ...

    def updates(self) -> tuple[torch.Tensor, ...]:
        """Return the graph's outputs that carry the cache on to the next call."""
        ...


class Operators(Protocol):
    """One lowering in one compute dtype."""

    @property
    def dtype(self) -> torch.dtype:
        """Of products, their weights and the cache."""
        ...

    @property
    def conv_dtype(self) -> torch.dtype:
        """Of convolutions: before opset 22 there are none in bfloat16."""
        ...

    @property
    def narrows(self) -> bool:
        """Whether the decoder's last layer keeps only the scored rows after its attention.

        Not in the graphs that calibration observes: it needs all rows.
        """
        ...

    def rms_norm(self, x: torch.Tensor, weight: torch.Tensor, eps: float) -> torch.Tensor:
        """Normalise x (…, size), float32, by its root mean square, times weight (size)."""
        ...

    def attend(
        self,
        q: torch.Tensor,
        k: torch.Tensor,
        v: torch.Tensor,
        mask: torch.Tensor,
        rotation: Rotation | None = None,
    ) -> torch.Tensor:
        """Attend with queries (B, S, Q, D) to keys and values (B, S, K, D), Q a multiple of K.

        Given a rotation, pairs (i, i + D / 2) of queries and keys, float32, are rotated before. The bool mask
        broadcasts to (B, Q, S, S) and is True where a key counts. The result (B, S, Q × D) has the dtype of
        the values.
        """
        ...

    def cache(
        self,
        past: Past,
        cache_len: torch.Tensor,
        positions: torch.Tensor,
        rotation: Rotation,
        cache_rows: torch.Tensor | None,
    ) -> Cache:
        """Open the cache, of which cache_len (B) rows are valid, for new tokens at positions (B, S).

        The rotation is that of the positions. cache_rows is 0, 1 …, as many as the rows to read, all of them
        where it is None; only `modern` can read less than all.
        """
        ...

    def score(self, logits: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Score logits (…, V), float32.

        Returns:
            The most likely token, its log-probability, and by how much its logit exceeds the next; each of
            shape (…).
        """
        ...

    def project(self, hidden: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
        """Map hidden (…, H), float32, to logits (…, V) with the table (V, H) of the tokens."""
        ...
