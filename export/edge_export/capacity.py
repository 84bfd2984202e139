"""Cache rows of a decoder graph: chosen at run time, or fixed when it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from edge_runtime.manifest import Component, TensorSpec

DYNAMIC: Final = "kv_capacity"
"""Name of the dimension in a graph that leaves the number of rows open."""


def with_capacity(component: Component, kv_capacity: int | str) -> Component:
    """Describe a graph with a fixed number of cache rows, or with `DYNAMIC` the graph as it is."""
    return msgspec.structs.replace(
        component,
        inputs=tuple(_fixed(tensor, kv_capacity) for tensor in component.inputs),
        outputs=tuple(_fixed(tensor, kv_capacity) for tensor in component.outputs),
    )


def _fixed(tensor: TensorSpec, kv_capacity: int | str) -> TensorSpec:
    shape = tuple(kv_capacity if size == DYNAMIC else size for size in tensor.shape)
    return msgspec.structs.replace(tensor, shape=shape)
