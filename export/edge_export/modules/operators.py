"""What a lowering decides: how the parts of the model are written that back ends know under different names.

The modules are one definition; an `Operators` object, given to them when they are made, writes these parts
and names the dtype of the products. Residual stream, norms, rotation and log-probabilities are float32 in
every graph: half precision touches the products and what lies directly between them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import torch

Rotation = tuple[torch.Tensor, torch.Tensor]
"""Cosine and sine of every position's angles, each (B, S, D / 2), float32; one pair serves all layers."""

Attend = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""Attention of queries (B, Q, S, D) to what keys and values (B, K, S, D) of the same tokens add to, in the
dtype of the values."""


Past = torch.Tensor | Sequence[torch.Tensor]
"""The decoder's input for the cache, as the lowering lays it out."""


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

    def rms_norm(self, x: torch.Tensor, weight: torch.Tensor, eps: float) -> torch.Tensor:
        """Normalise x (…, size), float32, by its root mean square, times weight (size)."""
        ...

    def rotate(self, x: torch.Tensor, rotation: Rotation) -> torch.Tensor:
        """Rotate pairs (i, i + D / 2) of x (B, heads, S, D), float32."""
        ...

    def attend(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Attend with queries (B, Q, S, D) to keys and values (B, K, T, D), Q a multiple of K.

        The bool mask broadcasts to (B, Q, S, T) and is True where a key counts. The result has the dtype of
        the values.
        """
        ...

    def cache(self, past: Past, cache_len: torch.Tensor, positions: torch.Tensor) -> Cache:
        """Open the cache, of which cache_len (B) rows are valid, for new tokens at positions (B, S)."""
        ...
