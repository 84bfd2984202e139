"""The seam between speech and back ends: one loaded graph, run on some device.

A session owns device memory. Arrays that must stay on the device between calls (the key/value cache)
are `DeviceTensor`s: opaque to everybody else, bound once, updated in place, never copied to the host.
Graphs of the `modern` lowering update them themselves; those of `legacy` give new rows, which
`Binding.append_rows` puts where they belong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final, Protocol, runtime_checkable

from edge_runtime.arrays import Array
from edge_runtime.backends.ahead import Chain
from edge_runtime.backends.cpu import require_threads
from edge_runtime.backends.engine_key import EngineEnvironment
from edge_runtime.bundle.manifest import Component, Target
from edge_runtime.errors import BackendUnavailableError


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
class RunsAhead(Protocol):
    """A binding that can do several runs before the host looks at their outputs."""

    def run_ahead(
        self, feeds: Mapping[str, Array], num_runs: int, chain: Chain
    ) -> Sequence[Mapping[str, Array]]:
        """Run several times, each run fed by the one before.

        Args:
            feeds: of the first run.
            num_runs: at most `MOST_AHEAD`.
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

    def part(self, tensor: DeviceTensor, first: int, count: int) -> DeviceTensor:
        """Return some sequences of a tensor, its first dimension, as a tensor over the same memory.

        Raises:
            GraphError: this back end cannot share its memory out.
        """
        ...

    def bind(self, tensors: Mapping[str, DeviceTensor], kept: Collection[str] = ()) -> Binding:
        """Fix graph inputs and outputs to device memory.

        Args:
            tensors: by input or output; one tensor may serve an input and an output.
            kept: outputs that stay on the device, for `Binding.append_rows`.
        """
        ...


_BACKENDS: Final[Mapping[Target, tuple[str, str]]] = {
    "ort-cpu": ("edge_runtime.backends.ort.session", "cpu"),
    "ort-cuda": ("edge_runtime.backends.ort.session", "gpu"),
    "tensorrt": ("edge_runtime.backends.trt.session", "tensorrt"),
    "tensorrt-rtx": ("edge_runtime.backends.trt.session", "rtx"),
}


def open_session(target: Target, component: Component, graph: Path, options: SessionOptions) -> Session:
    """Load a graph with the back end of `target`.

    Args:
        target: which back end the bundle was built for.
        component: the graph's description.
        graph: the graph file, weight files beside it; the caller has verified their hashes.
        options: threads and device.

    Raises:
        BackendUnavailableError: the back end is not part of this installation, or has no device here.
        GraphError: the back end refuses the graph, or its tensors differ from `component`.
        ResourceError: the graph does not fit the device's memory.
    """
    with _installed(target) as backend:
        session: Session = backend.open_session(component, graph, options, target)
    return session


def engine_environment(target: Target, options: SessionOptions) -> EngineEnvironment:
    """Describe what an engine of `target` would meet on this machine.

    Raises:
        BackendUnavailableError: says what is missing: a package, a driver or a device.
    """
    with _installed(target) as backend:
        found: EngineEnvironment = backend.environment(target, options)
    return found


def probe_target(target: Target, options: SessionOptions) -> None:
    """Run something tiny with the back end of `target`.

    Raises:
        BackendUnavailableError: says what is missing: a package, a driver or a device.
        ResourceError: the device has no memory left.
    """
    with _installed(target) as backend:
        backend.probe(target, options)


@contextmanager
def _installed(target: Target) -> Iterator[ModuleType]:
    module_name, extra = _BACKENDS[target]
    try:
        yield import_module(module_name)
    except ModuleNotFoundError as error:
        raise BackendUnavailableError(
            f"Target {target!r} needs the Python package {error.name!r}, which is not installed. "
            f"Install it with `pip install 'edge-asr[{extra}]'`."
        ) from error
