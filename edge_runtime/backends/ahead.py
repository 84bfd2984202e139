"""Steps that follow each other on the device: each is fed by the one before, and the host looks at the end.

Between two steps the host would wait, read a token and hand it back: some fifty microseconds in which the GPU
idles. Here it enqueues a few steps at once. What it cannot know is that one of them ends the text, so at most
`MOST_AHEAD - 1` steps are done for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from edge_runtime.arrays import Array
from edge_runtime.backends.cuda.arena import Arena
from edge_runtime.backends.cuda.runtime import Cuda
from edge_runtime.backends.cuda.stream import Stream
from edge_runtime.backends.feeds import host_dtype
from edge_runtime.backends.tensors import Shape
from edge_runtime.backends.trt.memory import BoundMemory, view_of
from edge_runtime.bundle.manifest import TensorSpec

MOST_AHEAD: Final = 4
"""Runs enqueued at once."""


@dataclass(frozen=True, slots=True)
class Chain:
    """How one run follows from the run before.

    Attributes:
        fed_back: output → input of as many bytes that it becomes.
        counter: int64 input that goes up by one.
        appended: output and bound input as of `Binding.append_rows`, whose rows go to `counter`; None for a
            graph that updates its cache itself.
    """

    fed_back: Mapping[str, str]
    counter: str
    appended: tuple[str, str] | None = None


class Slots:
    """Pinned places for what every run of a chain takes from the host and gives back, allocated once."""

    def __init__(self, cuda: Cuda, memory: BoundMemory, specs: Mapping[str, TensorSpec]) -> None:
        """Allocate.

        Args:
            cuda: where memory comes from.
            memory: of the binding; gives addresses on the device and largest sizes.
            specs: tensors that cross between host and device in every run.
        """
        self._specs: Final = specs
        self._memory: Final = memory
        sizes = {_place(name, run): memory.sizes[name] for name in specs for run in range(MOST_AHEAD)}
        self._pinned: Final = Arena(cuda.host_malloc, cuda.host_free, sizes)

    def upload(self, stream: Stream, name: str, run: int, values: Array) -> None:
        """Enqueue an input of one run."""
        address = self._pinned.address(_place(name, run))
        view_of(address, values.shape, values.dtype)[...] = values
        stream.copy(self._memory.addresses[name], address, values.nbytes)

    def download(self, stream: Stream, name: str, run: int, shape: Shape) -> None:
        """Enqueue taking an output of one run, before the next overwrites it."""
        num_bytes = self._memory.num_bytes(name, shape)
        stream.copy(self._pinned.address(_place(name, run)), self._memory.addresses[name], num_bytes)

    def read(self, name: str, run: int, shape: Shape) -> Array:
        """Return an output of one run once the stream is through, as the caller's own."""
        address = self._pinned.address(_place(name, run))
        return view_of(address, shape, host_dtype(self._specs[name])).copy()


def _place(name: str, run: int) -> str:
    return f"{name} {run}"
