"""An optimisation profile of an engine: the shapes it was built for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import prod

from edge_runtime.backends.tensors import Shape
from edge_runtime.bundle.specs import TensorSpec
from edge_runtime.errors import GraphError


@dataclass(frozen=True, slots=True)
class Profile:
    """One range of shapes.

    Attributes:
        index: its number in the engine.
        min_shapes: smallest shape of each input.
        max_shapes: largest shape of each input.
        dims: smallest and largest size of each dimension that has a name in the manifest.
    """

    index: int
    min_shapes: Mapping[str, Shape]
    max_shapes: Mapping[str, Shape]
    dims: Mapping[str, tuple[int, int]]

    def num_shapes(self, fixed: Collection[str] = ()) -> int:
        """Return how many different sets of input shapes are in range, with some dimensions fixed."""
        return prod(high - low + 1 for dim, (low, high) in self.dims.items() if dim not in fixed)

    def contains(self, shapes: Mapping[str, Shape]) -> bool:
        """Tell whether every input's shape is in range."""
        return all(
            _between(self.min_shapes[name], shape, self.max_shapes[name]) for name, shape in shapes.items()
        )

    def max_shape(self, spec: TensorSpec) -> Shape:
        """Return the largest shape of an input or output.

        Raises:
            GraphError: it has a dimension that no input has.
        """
        unknown = {dim for dim in spec.shape if isinstance(dim, str)} - self.dims.keys()
        if unknown:
            raise GraphError(
                f"Tensor {spec.name!r} has the dimension {min(unknown)!r}, which no input of the engine has; "
                f"they have {', '.join(sorted(self.dims))}. Rebuild the bundle with `edge-asr build-engines`."
            )
        return tuple(dim if isinstance(dim, int) else self.dims[dim][1] for dim in spec.shape)


def dim_ranges(
    specs: tuple[TensorSpec, ...], min_shape: Mapping[str, Shape], max_shape: Mapping[str, Shape]
) -> dict[str, tuple[int, int]]:
    """Return the range of each named dimension; equal names are equal sizes, so the tightest range holds."""
    ranges: dict[str, tuple[int, int]] = {}
    for spec in specs:
        for dim, low, high in zip(spec.shape, min_shape[spec.name], max_shape[spec.name], strict=True):
            if isinstance(dim, str):
                old_low, old_high = ranges.get(dim, (low, high))
                ranges[dim] = max(low, old_low), min(high, old_high)
    return ranges


def _between(min_shape: Shape, shape: Shape, max_shape: Shape) -> bool:
    return all(low <= dim <= high for low, dim, high in zip(min_shape, shape, max_shape, strict=True))
