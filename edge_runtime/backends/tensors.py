"""Shapes of tensors: from names of dimensions, and of rows that go into a cache."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from edge_runtime.bundle.manifest import TensorSpec
from edge_runtime.errors import GraphError

Shape: TypeAlias = tuple[int, ...]
"""Sizes of all dimensions."""

_RANK: Final = 4


def shape_of(spec: TensorSpec, dims: Mapping[str, int]) -> Shape:
    """Return a tensor's shape with its named dimensions taken from `dims`."""
    return tuple(dim if isinstance(dim, int) else dims[dim] for dim in spec.shape)


def require_rows_fit(rows: Shape, cache: Shape, starts: Sequence[int]) -> None:
    """Refuse rows that are not for a cache, or would be written beyond its end.

    Args:
        rows: (B, N, S, D).
        cache: (B, N, M, D).
        starts: first row of each sequence, B of them.

    Raises:
        GraphError: gives both shapes.
    """
    fits = (
        len(rows) == len(cache) == _RANK
        and (*rows[:2], rows[3]) == (*cache[:2], cache[3])
        and len(starts) == rows[0]
        and all(0 <= start <= cache[2] - rows[2] for start in starts)
    )
    if not fits:
        raise GraphError(
            f"Rows of shape {rows} cannot be appended at {list(starts)} to a cache of shape {cache}. "
            f"This is a defect of the caller: size the cache for prompt and output."
        )
