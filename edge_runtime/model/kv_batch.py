"""One cache for several sequences: prefilled one by one, stepped together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np

from edge_runtime.arrays import Array
from edge_runtime.backends.session import Binding, DeviceTensor, Session
from edge_runtime.model.kv_cache import DELTA, STACKED, KVCache, allocate_rows


class KVBatch:
    """Slots of equal capacity, one for each sequence."""

    def __init__(self, session: Session, num_slots: int, capacity: int) -> None:
        """Allocate the rows of all slots.

        Args:
            session: the decoder's session.
            num_slots: most sequences at a time.
            capacity: rows of each slot; prompt and generated tokens must fit.

        Raises:
            ResourceError: they do not fit the memory.
            GraphError: the back end cannot slice its tensors, or its engine takes fewer sequences.
        """
        self._session: Final = session
        self._on_device: Final = (DELTA,) if session.component.lowering == "legacy" else ()
        self._tensors: Final = allocate_rows(session, capacity, num_slots)
        self.slots: Final = [KVCache(session, capacity, self._slice(first, 1)) for first in range(num_slots)]
        self._bindings: Final[dict[int, Binding]] = {}

    def bind_active(self, count: int, active: Collection[int]) -> _ActiveSlots:
        """Return the first slots as one cache, in which only the active ones advance.

        Args:
            count: slots of the call.
            active: indices of the slots that advance.
        """
        if count not in self._bindings:
            self._bindings[count] = self._session.bind(self._slice(0, count), self._on_device)
        return _ActiveSlots(self._bindings[count], self.slots[:count], active, appends=bool(self._on_device))

    def _slice(self, first: int, count: int) -> Mapping[str, DeviceTensor]:
        # Past and present share one tensor, so they must share one slice.
        slices = {id(t): self._session.slice(t, first, count) for t in self._tensors.values()}
        return {name: slices[id(tensor)] for name, tensor in self._tensors.items()}


class _ActiveSlots:
    """Slots of one call. The row that a call writes to an idle slot is overwritten by its next prompt."""

    def __init__(
        self, binding: Binding, slots: list[KVCache], active: Collection[int], *, appends: bool
    ) -> None:
        self.binding: Final = binding
        self._appends: Final = appends
        self.scores_many_tokens: Final = slots[0].scores_many_tokens
        self._slots: Final = slots
        self._active: Final = active

    @property
    def lengths(self) -> Array:
        """Rows in use of each slot, shape (B,); 0 for an idle one, so that the row of the call fits."""
        return np.array([s.length if i in self._active else 0 for i, s in enumerate(self._slots)], np.int64)

    def require_room(self, num_tokens: int) -> None:
        """Raise if the tokens do not fit an active slot."""
        for index in self._active:
            self._slots[index].require_room(num_tokens)

    def advance(self, num_tokens: int) -> None:
        """Append the new rows where the graph has not, and count those of the active slots."""
        if self._appends:
            self.binding.append_rows(DELTA, STACKED, self.lengths.tolist())
        for index in self._active:
            self._slots[index].mark_written(num_tokens)
