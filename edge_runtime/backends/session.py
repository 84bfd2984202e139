"""The seam between speech and back ends: one loaded graph, run on some device.

A session owns device memory. Arrays that must stay on the device between calls (the key/value cache)
are `DeviceTensor`s: opaque to everybody else, bound once, updated in place, never copied to the host.
Graphs of the `modern` lowering update them themselves; those of `legacy` give new rows, which
`Binding.append_rows` puts where they belong.
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
    """What an engine meets; None stands for what is not known, and is not compared.

    Attributes:
        builder: target of the library at hand, as in `EngineRecord.builder`.
        version: of that library.
        platform: as `linux-x86_64`.
        compute_capability: of the GPU at hand, as `8.7`.
        gpu: its name.
        driver: newest CUDA version of its driver, as `13.2`.
        onnx: file name → sha256 of the graph that is wanted.
        profiles: those that are wanted.
    """

    builder: str | None = None
    version: str | None = None
    platform: str | None = None
    compute_capability: str | None = None
    gpu: str | None = None
    driver: str | None = None
    onnx: Mapping[str, str] | None = None
    profiles: tuple[EngineProfile, ...] | None = None


def host_platform() -> str:
    """Return operating system and processor, as `linux-x86_64`; engines do not travel between them."""
    return f"{platform.system()}-{platform.machine()}".lower()


MAX_STEPS: Final = 4
"""Runs enqueued at once."""


@dataclass(frozen=True, slots=True)
class StepChain:
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


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """How a back end should run.

    Attributes:
        threads: CPU threads of one graph; 0 for one on each fast core (`threads.py`).
        device_id: which accelerator, where there are several.

    Raises:
        UsageError: a number of threads that cannot be meant.
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
            more_follow: whether another run like this one comes at once, so that memory which it took is
                better kept than given back to the system.

        Returns:
            Every graph output that is neither bound nor kept, by name, on the host.
        """
        ...

    def append_rows(self, source: str, target: str, starts: Sequence[int]) -> None:
        """Copy what the latest run gave for a kept output into a bound input, on the device.

        Args:
            source: the output, shape (B, N, S, D).
            target: the input, shape (B, N, M, D).
            starts: for each of the B sequences, the row of M that its first row of S becomes.

        Raises:
            GraphError: the rows do not fit.
        """
        ...


@runtime_checkable
class MultiStep(Protocol):
    """A binding that can do several runs before the host looks at their outputs."""

    def run_steps(
        self, feeds: Mapping[str, Array], num_steps: int, chain: StepChain
    ) -> Sequence[Mapping[str, Array]]:
        """Run several times, each run fed by the one before.

        Args:
            feeds: of the first run.
            num_steps: at most `MAX_STEPS`.
            chain: what becomes what.

        Returns:
            What `Binding.run` would have returned of each.
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

        Every byte of it is `fill` at first.
        """
        ...

    def slice(self, tensor: DeviceTensor, first: int, count: int) -> DeviceTensor:
        """Return some sequences of a tensor, its first dimension, as a tensor over the same memory.

        Raises:
            GraphError: this back end cannot share its memory out.
        """
        ...

    def bind(self, tensors: Mapping[str, DeviceTensor], on_device: Collection[str] = ()) -> Binding:
        """Fix graph inputs and outputs to device memory.

        Args:
            tensors: by input or output; one tensor may serve an input and an output.
            on_device: outputs that stay on the device, for `Binding.append_rows`.
        """
        ...
