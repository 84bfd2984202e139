"""The seam between speech and back ends: one loaded graph, run on some device.

A session owns device memory. Arrays that must stay on the device between calls (the key/value cache)
are `DeviceTensor`s: opaque to everybody else, bound once, updated in place, never copied to the host.
Graphs of the `modern` lowering update them in place; those of `legacy` return new rows, which
`Binding.append_rows` copies into them.
"""

from __future__ import annotations

import platform
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from edge_runtime.arrays import Array
from edge_runtime.backends.cpu import require_threads
from edge_runtime.bundle.specs import Component, EngineProfile


@dataclass(frozen=True, slots=True)
class EngineEnvironment:
    """What an engine would run with; an attribute that is None is unknown, and not compared.

    Attributes:
        builder: target of the installed library, as in `EngineRecord.builder`.
        version: version of that library.
        platform: operating system and processor, as `linux-x86_64`.
        compute_capability: of this machine's GPU, as `8.7`.
        gpu: name of that GPU.
        multiprocessors: streaming multiprocessors of that GPU.
        gpu_memory: bytes of that GPU's memory.
        driver: newest CUDA version that its driver supports, as `13.2`.
        onnx: file name → sha256 of the graph that the engine should have been built from.
        profiles: profiles that the engine should have been built with.
    """

    builder: str | None = None
    version: str | None = None
    platform: str | None = None
    compute_capability: str | None = None
    gpu: str | None = None
    multiprocessors: int | None = None
    gpu_memory: int | None = None
    driver: str | None = None
    onnx: Mapping[str, str] | None = None
    profiles: tuple[EngineProfile, ...] | None = None


def host_platform() -> str:
    """Return operating system and processor, as `linux-x86_64`; engines do not travel between them."""
    return f"{platform.system()}-{platform.machine()}".lower()


MAX_STEPS: Final = 4
"""Limit on the runs that a `MultiStep` binding enqueues at once; see `StepChain`."""


@dataclass(frozen=True, slots=True)
class StepChain:
    """Multi-step decoding: how each of several enqueued runs follows from the one before.

    Between two steps the host would wait, read a token and hand it back: some fifty microseconds in which the
    GPU idles. So a `MultiStep` binding enqueues a few steps at once, and the device passes each token on to
    the next step. The binding cannot know that one of them ends the text, so at most `MAX_STEPS - 1` steps
    are wasted.

    Attributes:
        fed_back: output → input, of the same size in bytes, that takes its value in the next run.
        counter: int64 input that goes up by one with each run.
        appended: source and targets of a `Binding.append_rows` after each run, which starts at `counter`;
            None for a graph that updates its cache in place.
    """

    fed_back: Mapping[str, str]
    counter: str
    appended: tuple[str, Sequence[str]] | None = None


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """How a back end should run.

    Attributes:
        threads: CPU threads of one graph; 0 for one on each fast core (`cpu.default_threads`).
        device_id: which accelerator, where there are several.

    Raises:
        UsageError: `threads` is negative or above `cpu.MAX_THREADS`.
    """

    threads: int = 0
    device_id: int = 0

    def __post_init__(self) -> None:
        require_threads(self.threads)


class DeviceTensor(Protocol):
    """Memory on the session's device; only the session that made it looks inside."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Dimensions."""
        ...


class Binding(Protocol):
    """A graph with some tensors bound to fixed device memory."""

    def run(self, feeds: Mapping[str, Array], *, more_follow: bool = False) -> Mapping[str, Array]:
        """Run once.

        Args:
            feeds: every graph input that is not bound, by name.
            more_follow: whether a run like this one follows at once; the back end then keeps the run's memory
                instead of returning it to the system.

        Returns:
            Every graph output that is neither bound nor stays on the device, by name, on the host.
        """
        ...

    def append_rows(self, source: str, targets: Sequence[str], starts: Sequence[int]) -> None:
        """Copy an output that stays on the device, as the latest run left it, into bound inputs.

        No other binding of the session has run since: bindings share the memory of such outputs.

        Args:
            source: name of the output, shape (B, T × N, S, D).
            targets: names of T inputs, each of shape (B, N, M, D), which take N heads each in this order.
            starts: for each of the B sequences, the row of M that its first row of S becomes.

        Raises:
            GraphError: the rows do not fit, or they are not there: no run came before, or one of another
                binding of the session since.
        """
        ...


@runtime_checkable
class MultiStep(Protocol):
    """A binding that can enqueue several runs before the host reads an output; see `StepChain`."""

    def run_steps(
        self, feeds: Mapping[str, Array], num_steps: int, chain: StepChain
    ) -> Sequence[Mapping[str, Array]]:
        """Run several times, each run fed by the one before.

        Args:
            feeds: inputs of the first run, as of `Binding.run`.
            num_steps: number of runs, 1 to `MAX_STEPS`.
            chain: how each run feeds the next.

        Returns:
            For each run, what `Binding.run` would have returned.
        """
        ...


class Session(Protocol):
    """One loaded graph."""

    @property
    def component(self) -> Component:
        """What the manifest says of the graph."""
        ...

    def allocate(self, name: str, dims: Mapping[str, int], fill: int = 0) -> DeviceTensor:
        """Allocate device memory for the input `name`, its dynamic dimensions taken from `dims`.

        Every byte of it is set to `fill`.
        """
        ...

    def allocate_block(
        self, names: Sequence[str], dims: Mapping[str, int], fill: int = 0
    ) -> Mapping[str, DeviceTensor]:
        """Allocate device memory for inputs of one shape; see `allocate`.

        A back end that copies rows on its device lays them side by side, so that one copy reaches all.
        """
        ...

    def relayout(
        self, tensors: Mapping[str, DeviceTensor], dims: Mapping[str, int], num_rows: int
    ) -> Mapping[str, DeviceTensor]:
        """Lay caches out for another capacity in the memory that they have.

        Args:
            tensors: all tensors of an `allocate_block`, each of shape (B, N, M, D).
            dims: of the new layout, no larger than what was allocated.
            num_rows: rows of each head to keep, at most M; where there are any, the new capacity is at least
                twice the old one.

        Returns:
            Tensors over the same memory. For equal dimensions, they are the same each time.

        Raises:
            GraphError: this back end cannot move rows on its device.
        """
        ...

    def slice(self, tensor: DeviceTensor, first: int, count: int) -> DeviceTensor:
        """Return `count` sequences of a tensor, from `first` on, as a tensor over the same memory.

        Sequences are the tensor's first dimension.

        Raises:
            GraphError: this back end cannot make a tensor over part of its device memory.
        """
        ...

    def bind(self, tensors: Mapping[str, DeviceTensor], on_device: Collection[str] = ()) -> Binding:
        """Fix graph inputs and outputs to device memory.

        Args:
            tensors: input or output → its memory; one tensor may serve an input and an output.
            on_device: outputs that stay on the device, for `Binding.append_rows`.
        """
        ...
