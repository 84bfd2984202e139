"""Memory of the key/value rows of one sequence or of several, and how many of the rows a call reads.

A call of the graph reads every row of its cache, valid or not. So an engine has a profile for each of a few
capacities, the buckets: a sequence starts in the smallest that holds its prompt, and moves to the next when
its rows are used up. The memory is allocated once, for the largest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from edge_runtime.arrays import Array
from edge_runtime.backends.session import Binding, DeviceTensor, Session
from edge_runtime.bundle.specs import CAPACITY_DIM, Component
from edge_runtime.errors import GraphError

PAST: Final = "past"
"""Start of the names of the inputs that hold the rows."""
PRESENT: Final = "present"
"""Start of the names of the outputs that are written where an input lies."""
DELTA: Final = "delta"
"""New rows of all layers, (B, 2·L·K, S, D), of graphs of the `legacy` lowering."""
CACHE_ROWS: Final = "cache_rows"
"""Input of some `modern` graphs: 0, 1 …, as many as the first rows of the cache that a call reads."""


class KVMemory:
    """Rows of some sequences; all have the same capacity and are in the same bucket."""

    def __init__(self, session: Session, capacity: int, batch: int = 1) -> None:
        """Allocate.

        Args:
            session: the decoder's session.
            capacity: rows of each sequence.
            batch: most sequences.

        Raises:
            ResourceError: they do not fit the memory.
            GraphError: the engine takes fewer sequences.
        """
        component = session.component
        self.capacity: Final = capacity
        self.lengths: Final = [0] * batch
        """Rows in use of each sequence."""
        self._session: Final = session
        self._batch: Final = batch
        self._buckets: Final = capacity_buckets(component, capacity)
        self._shapes: Final = {
            spec.name: spec.shape for spec in component.inputs if spec.name.startswith(PAST)
        }
        # The rows of a head lie one after the other, and a head follows the other: another capacity is
        # another layout, unless the graph fixes the capacity and is told what to read of it.
        self._has_layouts: Final = all(CAPACITY_DIM in shape for shape in self._shapes.values())
        self._reads_some: Final = any(spec.name == CACHE_ROWS for spec in component.inputs)
        self.appended: Final = (DELTA, tuple(self._shapes)) if component.lowering == "legacy" else None
        """Output and inputs of the `Binding.append_rows` after a call; None where the graph writes rows."""
        self._tensors = session.allocate_block(tuple(self._shapes), self._dims(capacity))
        self._bindings: Final[dict[tuple[int, int, int], Binding]] = {}
        self.bucket = capacity
        self._move_to(self._buckets[0], 0)

    @property
    def feeds(self) -> Mapping[str, Array]:
        """Inputs of every call that say which rows it reads."""
        return {CACHE_ROWS: np.arange(self.bucket)} if self._reads_some else {}

    @property
    def has_grown(self) -> bool:
        """Whether the rows have left the smallest bucket; they are back in it once none is kept."""
        return self.bucket != self._buckets[0]

    def binding(self, first: int, count: int) -> Binding:
        """Return the graph with the rows of `count` sequences, from `first` on, bound to it."""
        key = (self.bucket if self._has_layouts else self.capacity, first, count)
        if key not in self._bindings:
            self._bindings[key] = self._bind(first, count)
        return self._bindings[key]

    def reserve(self, num_rows: int) -> None:
        """Move to the smallest bucket with so many rows, if the present one has fewer.

        Raises:
            GraphError: no bucket has; the graph would drop rows silently.
        """
        if num_rows <= self.bucket:
            return
        if num_rows > self.capacity:
            raise GraphError(
                f"{num_rows} rows do not fit a key/value cache of {self.capacity}. This is a defect of the "
                f"caller: size the cache for prompt and output."
            )
        self._move_to(next(size for size in self._buckets if size >= num_rows), max(self.lengths))

    def set_length(self, index: int, length: int) -> None:
        """Keep the first rows of a sequence. The bytes of the others stay; the graph masks them."""
        self.lengths[index] = length
        if not any(self.lengths):
            self._move_to(self._buckets[0], 0)

    def _move_to(self, bucket: int, num_rows: int) -> None:
        if bucket != self.bucket and self._has_layouts:
            self._tensors = self._session.relayout(self._tensors, self._dims(bucket), num_rows)
        self.bucket = bucket

    def _dims(self, capacity: int) -> Mapping[str, int]:
        return {"batch": self._batch, CAPACITY_DIM: capacity}

    def _bind(self, first: int, count: int) -> Binding:
        tensors: dict[str, DeviceTensor] = {}
        outputs = {spec.name for spec in self._session.component.outputs}
        for name, whole in self._tensors.items():
            tensor = whole if count == self._batch else self._session.slice(whole, first, count)
            tensors[name] = tensor
            # Past and present share one address, so the graph updates the rows in place.
            present = PRESENT + name.removeprefix(PAST)
            if present in outputs:
                tensors[present] = tensor
        return self._session.bind(tensors, (DELTA,) if self.appended else ())


def capacity_buckets(component: Component, capacity: int) -> tuple[int, ...]:
    """Return the capacities that a call may have, ascending: those of an engine's profiles."""
    profiles = component.engine.profiles if component.engine is not None else ()
    sizes = {profile.dims[CAPACITY_DIM].max for profile in profiles if CAPACITY_DIM in profile.dims}
    return tuple(sorted({size for size in sizes if size < capacity} | {capacity}))
