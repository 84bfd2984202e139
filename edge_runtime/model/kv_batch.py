"""One cache for several sequences: prefilled one by one, stepped together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np

from edge_runtime.arrays import Array
from edge_runtime.backends.session import Binding, Session
from edge_runtime.model.kv_cache import KVCache
from edge_runtime.model.kv_memory import KVMemory


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
        self._memory: Final = KVMemory(session, capacity, num_slots)
        self.slots: Final = [KVCache(session, capacity, self._memory, index) for index in range(num_slots)]

    def clear(self) -> None:
        """Forget all sequences, so that the next ones start in the smallest bucket."""
        for slot in self.slots:
            slot.reset()

    def bind_active(self, count: int, active: Collection[int]) -> _ActiveSlots:
        """Return the first slots as one cache, in which only the active ones advance.

        Args:
            count: slots of the call.
            active: indices of the slots that advance.
        """
        return _ActiveSlots(self._memory, self.slots[:count], active)


class _ActiveSlots:
    """Slots of one call. The row that a call writes to an idle slot is overwritten by its next prompt."""

    def __init__(self, memory: KVMemory, slots: list[KVCache], active: Collection[int]) -> None:
        self.scores_many_tokens: Final = slots[0].scores_many_tokens
        self._memory: Final = memory
        self._slots: Final = slots
        self._active: Final = active

    @property
    def binding(self) -> Binding:
        """The graph with the rows of all slots of the call bound."""
        return self._memory.binding(0, len(self._slots))

    @property
    def row_feeds(self) -> Mapping[str, Array]:
        """Inputs of a call that say which rows it reads."""
        return self._memory.feeds

    @property
    def lengths(self) -> Array:
        """Rows in use of each slot, shape (B,); 0 for an idle one, so that the row of the call fits."""
        return np.array([s.length if i in self._active else 0 for i, s in enumerate(self._slots)], np.int64)

    def require_room(self, num_tokens: int) -> None:
        """Make room for the tokens of every active slot, in a larger bucket if need be."""
        for index in self._active:
            self._slots[index].require_room(num_tokens)

    def advance(self, num_tokens: int) -> None:
        """Append the new rows where the graph has not, and count those of the active slots."""
        if self._memory.appended is not None:
            self.binding.append_rows(*self._memory.appended, self.lengths.tolist())
        for index in self._active:
            self._slots[index].mark_written(num_tokens)
