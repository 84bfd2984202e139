"""Keys and values of the tokens decoded so far.

The rows are on the session's device; the host only counts them. Graphs of all lowerings but `legacy` update
the rows of all layers in place. Graphs of `legacy` read one stacked cache and return the new rows; `advance`
appends them on the device.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from edge_runtime.arrays import Array
from edge_runtime.backends.session import MAX_STEPS, Binding, DeviceTensor, MultiStep, Session, StepChain
from edge_runtime.errors import GraphError
from edge_runtime.model.decoder_graph import scores_many_tokens

PAST: Final = "past_"
PRESENT: Final = "present_"
STACKED: Final = "past"
"""Keys and values of all layers in one tensor (B, 2·L·K, M, D), in graphs of the `legacy` lowering."""
DELTA: Final = "delta"
"""Their new rows, (B, 2·L·K, S, D)."""
_FED_BACK: Final = {"next_token": "input_ids"}
"""Output of a step → input of the next one."""


class KVCache:
    """The cache of one sequence: `length` of `capacity` rows are in use."""

    def __init__(
        self, session: Session, capacity: int, tensors: Mapping[str, DeviceTensor] | None = None
    ) -> None:
        """Bind rows to the graph.

        Args:
            session: the decoder's session.
            capacity: rows per layer; prompt and generated tokens must fit.
            tensors: memory of the rows by input and output name; None allocates it.
        """
        self.capacity: Final = capacity
        self.length = 0
        self._appends: Final = session.component.lowering == "legacy"
        self._appended: Final = (DELTA, STACKED) if self._appends else None
        self.scores_many_tokens: Final = scores_many_tokens(session.component)
        tensors = allocate_rows(session, capacity) if tensors is None else tensors
        self.binding: Final[Binding] = session.bind(tensors, (DELTA,) if self._appends else ())

    @property
    def lengths(self) -> Array:
        """Rows in use, shape (1,)."""
        return np.array([self.length], np.int64)

    def advance(self, num_tokens: int) -> None:
        """Count rows that the graph has just written."""
        self.require_room(num_tokens)
        if self._appends:
            self.binding.append_rows(DELTA, STACKED, [self.length])
        self.length += num_tokens

    def mark_written(self, num_tokens: int) -> None:
        """Count rows that are already in the cache."""
        self.length += num_tokens

    def run_steps(self, feeds: Mapping[str, Array], max_steps: int) -> Sequence[Mapping[str, Array]]:
        """Run steps, each fed with the token of the one before, and count their rows.

        Args:
            feeds: inputs of the first step, one token.
            max_steps: most steps to run.

        Returns:
            The outputs of each step. A back end without `MultiStep` runs one step.
        """
        if max_steps == 1 or not isinstance(self.binding, MultiStep):
            outputs = self.binding.run(feeds)
            self.advance(1)
            return [outputs]
        num_steps = min(max_steps, MAX_STEPS)
        self.require_room(num_steps)
        step_outputs = self.binding.run_steps(
            feeds, num_steps, StepChain(_FED_BACK, "cache_len", self._appended)
        )
        self.length += num_steps
        return step_outputs

    def require_room(self, num_tokens: int) -> None:
        """Raise if the tokens do not fit.

        Raises:
            GraphError: `length + num_tokens` exceeds the capacity; the graph would drop rows silently.
        """
        if self.length + num_tokens > self.capacity:
            raise GraphError(
                f"{num_tokens} more tokens do not fit a key/value cache of {self.capacity} rows with "
                f"{self.length} in use. This is a defect of the caller: size the cache for prompt and output."
            )

    def reset(self, length: int = 0) -> None:
        """Keep the first `length` rows. The bytes of the others stay; the graph masks them."""
        self.length = length


def allocate_rows(session: Session, capacity: int, batch: int = 1) -> dict[str, DeviceTensor]:
    """Allocate the cache of a batch; return input or output name → its memory."""
    dims = {"batch": batch, "kv_capacity": capacity}
    tensors: dict[str, DeviceTensor] = {}
    for spec in session.component.inputs:
        if spec.name == STACKED:
            tensors[spec.name] = session.allocate(spec.name, dims)
        elif spec.name.startswith(PAST):
            tensor = session.allocate(spec.name, dims)
            # Past and present share one address, so the graph updates the rows in place.
            tensors[spec.name] = tensor
            tensors[PRESENT + spec.name.removeprefix(PAST)] = tensor
    return tensors
