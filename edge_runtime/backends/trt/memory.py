"""Where each tensor of a binding lies on the device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from edge_runtime.backends.trt.buffers import IoBuffers
from edge_runtime.errors import GraphError


class BindingMemory:
    """The bound tensors of one binding, and the buffers that it shares with the others of its session.

    No address changes while the binding lives, so a captured graph stays valid.
    """

    def __init__(self, buffers: IoBuffers, resident: Mapping[str, int]) -> None:
        """Collect the addresses.

        Args:
            buffers: of everything that is not bound.
            resident: address of each bound tensor, whose memory the caller owns.

        Raises:
            GraphError: an output that the engine writes in place is bound elsewhere than its input.
        """
        self.buffers: Final = buffers
        self.addresses: Final[dict[str, int]] = {**resident, **buffers.addresses}
        for output, source in buffers.aliases.items():
            self._alias(output, source)

    def _alias(self, output: str, source: str) -> None:
        address = self.addresses[source]
        if self.addresses.setdefault(output, address) != address:
            raise GraphError(f"The engine updates {source!r} in place: bind {output!r} to the same tensor.")
