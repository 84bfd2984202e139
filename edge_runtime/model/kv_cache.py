"""Keys and values of the tokens decoded so far.

The rows are on the session's device; the host only counts them. Graphs of all lowerings but `legacy` update
the rows of all layers in place. Graphs of `legacy` read them and return the new rows of all layers in one
output; `advance` appends them on the device.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from edge_runtime.arrays import Array
from edge_runtime.backends.session import MAX_STEPS, Binding, MultiStep, Session, StepChain
from edge_runtime.errors import GraphError
from edge_runtime.model.decoder_graph import scores_many_tokens
from edge_runtime.model.kv_memory import KVMemory

_FED_BACK: Final = {"next_token": "input_ids"}
"""Output of a step → input of the next one."""


class KVCache:
    """The cache of one sequence: `length` of `capacity` rows are in use."""

    def __init__(
        self, session: Session, capacity: int, memory: KVMemory | None = None, index: int = 0
    ) -> None:
        """Bind rows to the graph.

        Args:
            session: the decoder's session.
            capacity: rows per layer; prompt and generated tokens must fit.
            memory: of the rows; None allocates it.
            index: of the sequence in the memory.
        """
        self.capacity: Final = capacity
        self.scores_many_tokens: Final = scores_many_tokens(session.component)
        self._memory: Final = KVMemory(session, capacity) if memory is None else memory
        self._index: Final = index
        # Bound now: no request allocates anything.
        self._memory.binding(index, 1)

    @property
    def length(self) -> int:
        """Rows in use."""
        return self._memory.lengths[self._index]

    @property
    def has_grown(self) -> bool:
        """Whether a call reads more rows than one of a new sequence; see `KVMemory.has_grown`."""
        return self._memory.has_grown

    @property
    def lengths(self) -> Array:
        """Rows in use, shape (1,)."""
        return np.array([self.length], np.int64)

    @property
    def binding(self) -> Binding:
        """The graph with the rows bound; another one after `require_room` where that moves the rows."""
        return self._memory.binding(self._index, 1)

    @property
    def row_feeds(self) -> Mapping[str, Array]:
        """Inputs of a call that say which rows it reads."""
        return self._memory.feeds

    def advance(self, num_tokens: int) -> None:
        """Count rows that the graph has just written.

        Raises:
            GraphError: there is no room for them; `require_room` comes before the call.
        """
        self._require(num_tokens, self._memory.bucket)
        if self._memory.appended is not None:
            self.binding.append_rows(*self._memory.appended, [self.length])
        self.mark_written(num_tokens)

    def mark_written(self, num_tokens: int) -> None:
        """Count rows that are already in the cache."""
        self._memory.lengths[self._index] += num_tokens

    def run_steps(self, feeds: Mapping[str, Array], max_steps: int) -> Sequence[Mapping[str, Array]]:
        """Run steps, each fed with the token of the one before, and count their rows.

        Args:
            feeds: inputs of the first step, one token, without `row_feeds`.
            max_steps: most steps to run.

        Returns:
            The outputs of each step. A back end without `MultiStep` runs one step.
        """
        num_steps = min(max_steps, MAX_STEPS) if isinstance(self.binding, MultiStep) else 1
        self.require_room(num_steps)
        binding, feeds = self.binding, {**feeds, **self.row_feeds}
        if num_steps == 1 or not isinstance(binding, MultiStep):
            outputs = binding.run(feeds)
            self.advance(1)
            return [outputs]
        chain = StepChain(_FED_BACK, "cache_len", self._memory.appended)
        step_outputs = binding.run_steps(feeds, num_steps, chain)
        self.mark_written(num_steps)
        return step_outputs

    def require_room(self, num_tokens: int) -> None:
        """Make room for more tokens, in a larger bucket if need be.

        Raises:
            GraphError: `length + num_tokens` exceeds the capacity; the graph would drop rows silently.
        """
        self._require(num_tokens, self.capacity)
        self._memory.reserve(self.length + num_tokens)

    def reset(self, length: int = 0) -> None:
        """Keep the first `length` rows. The bytes of the others stay; the graph masks them."""
        self._memory.set_length(self._index, length)

    def _require(self, num_tokens: int, num_rows: int) -> None:
        if self.length + num_tokens > num_rows:
            raise GraphError(
                f"{num_tokens} more tokens do not fit a key/value cache of {num_rows} rows with "
                f"{self.length} in use. This is a defect of the caller: size the cache for prompt and output."
            )
