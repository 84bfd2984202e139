"""Optimisation profiles: ranges of named dimensions, and the shapes of a graph's inputs that follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from edge_runtime.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_runtime.bundle.specs import EngineProfile, TensorSpec

Shape = tuple[int, ...]


class ShapeRange(NamedTuple):
    """Smallest, tuned and largest shape of one input."""

    min: Shape
    opt: Shape
    max: Shape


def input_shapes(profile: EngineProfile, inputs: Sequence[TensorSpec]) -> dict[str, ShapeRange]:
    """Return the shapes of the inputs that a profile must state: those with a dynamic dimension.

    Raises:
        UsageError: the profile has no range for a dimension of the graph.
    """
    dynamic = [tensor for tensor in inputs if any(isinstance(size, str) for size in tensor.shape)]
    return {tensor.name: _shape_range(profile, tensor) for tensor in dynamic}


def _shape_range(profile: EngineProfile, tensor: TensorSpec) -> ShapeRange:
    missing = [size for size in tensor.shape if isinstance(size, str) and size not in profile.dims]
    if missing:
        raise UsageError(
            f"Profile {profile.name!r} has no range for the dimension {missing[0]!r} of {tensor.name}. "
            f"Add it to the recipe."
        )
    ranges = [profile.dims[size] if isinstance(size, str) else None for size in tensor.shape]
    sides = (
        tuple(
            size if isinstance(size, int) else getattr(dim_range, side)
            for size, dim_range in zip(tensor.shape, ranges, strict=True)
        )
        for side in ("min", "opt", "max")
    )
    return ShapeRange(*sides)
