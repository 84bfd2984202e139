"""TensorRT and TensorRT-RTX behind the seam, without torch: plans run on the CUDA runtime alone.

All memory is allocated when a graph is opened, bound, or its cache made; a request allocates nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from math import prod
from pathlib import Path
from typing import Any, Final

from edge_runtime.ahead import MOST_AHEAD, Chain, Slots
from edge_runtime.arena import Arena
from edge_runtime.arrays import Array
from edge_runtime.bound_memory import BoundMemory
from edge_runtime.cuda import Cuda
from edge_runtime.engine import Engine
from edge_runtime.engine_key import EngineEnvironment, host_platform
from edge_runtime.errors import DeviceLostError, GraphError
from edge_runtime.execution import Execution
from edge_runtime.feeds import host_dtype, require_fit
from edge_runtime.manifest import Component, Target
from edge_runtime.profile import Profile
from edge_runtime.session import DeviceTensor, SessionOptions
from edge_runtime.shapes import Shape, require_rows_fit, shape_of
from edge_runtime.stream import Stream
from edge_runtime.trt import load_trt, refusal, shared_logger

_MOST_GRAPHS: Final = 16
"""Where no more sets of shapes than this can come, each is worth a graph: single steps, by batch size."""


@dataclass(frozen=True, slots=True)
class EngineTensor:
    """Device memory of one tensor."""

    arena: Arena
    shape: Shape
    itemsize: int
    offset: int = 0
    """Bytes of the arena in front of it, where it is a part."""

    @property
    def address(self) -> int:
        """Where it begins."""
        return self.arena.address("") + self.offset


class EngineBinding:
    """An engine with all addresses fixed."""

    def __init__(
        self, session: EngineSession, tensors: Mapping[str, EngineTensor], kept: Collection[str]
    ) -> None:
        self._session: Final = session
        self._tensors: Final = tensors
        component = session.component
        self._fed: Final = {spec.name: spec for spec in component.inputs if spec.name not in tensors}
        given = [spec.name for spec in component.outputs if spec.name not in tensors]
        self._returned: Final = [name for name in given if name not in kept]
        self._resident: Final = {
            spec.name: tensors[spec.name].shape for spec in component.inputs if spec.name in tensors
        }
        bound = (spec for spec in component.inputs if spec.name in tensors)
        self._fixed_dims: Final = {dim for spec in bound for dim in spec.shape if isinstance(dim, str)}
        addresses = {name: tensor.address for name, tensor in tensors.items()}
        self._memory: Final = BoundMemory(session.stream.cuda, session.engine, component, addresses, kept)
        crossing = {name: spec for name, spec in self._fed.items() if spec.shape == ("batch",)}
        crossing |= {spec.name: spec for spec in component.outputs if spec.name in self._returned}
        # Only what has a cache is run step by step; others give whole recordings, too much to have twice.
        self._slots: Final = Slots(session.stream.cuda, self._memory, crossing) if tensors else None
        self._executions: Final[dict[tuple[object, ...], Execution]] = {}
        self._latest: Execution | None = None

    def run(self, feeds: Mapping[str, Array]) -> Mapping[str, Array]:
        """Run once; see `Binding.run`."""
        require_fit(self._fed, feeds)
        shapes = {**self._resident, **{name: array.shape for name, array in feeds.items()}}
        with self._session.in_use():
            execution = self._latest = self._execution(shapes)
            for name, array in feeds.items():
                self._memory.write(name, array)
            execution.run(shapes)
            self._session.stream.synchronize()
        return {name: self._memory.read(name, execution.output_shapes[name]) for name in self._returned}

    def run_ahead(self, feeds: Mapping[str, Array], num_runs: int, chain: Chain) -> list[Mapping[str, Array]]:
        """Run several times, each run fed by the one before; see `RunsAhead.run_ahead`."""
        assert self._slots is not None, "a graph with a cache"
        assert 1 <= num_runs <= MOST_AHEAD, "places are allocated at the start"
        require_fit(self._fed, feeds)
        shapes = {**self._resident, **{name: array.shape for name, array in feeds.items()}}
        stream, slots = self._session.stream, self._slots
        with self._session.in_use():
            execution = self._latest = self._execution(shapes, chain)
            for name, array in feeds.items():
                self._memory.write(name, array)
                stream.copy(self._memory.addresses[name], self._memory.pinned.address(name), array.nbytes)
            for run in range(num_runs):
                count = feeds[chain.counter] + run
                slots.upload(stream, chain.counter, run, count)
                execution.run(shapes)
                for name in self._returned:
                    slots.download(stream, name, run, execution.output_shapes[name])
                if chain.appended:
                    self.append_rows(*chain.appended, [int(start) for start in count])
            stream.synchronize()
        given = execution.output_shapes
        return [
            {name: slots.read(name, run, given[name]) for name in self._returned} for run in range(num_runs)
        ]

    def append_rows(self, source: str, target: str, starts: Sequence[int]) -> None:
        """Copy the latest rows of an output into a bound input; see `Binding.append_rows`."""
        assert self._latest is not None, "run() comes before append_rows()"
        rows, whole = self._latest.output_shapes[source], self._tensors[target]
        require_rows_fit(rows, whole.shape, starts)
        row = rows[3] * whole.itemsize
        width, pitch, height = rows[2] * row, whole.shape[2] * row, rows[1]
        stream = self._session.stream
        with self._session.in_use():
            for i, start in enumerate(starts):
                to = whole.address + i * height * pitch + start * row
                since = self._memory.addresses[source] + i * height * width
                stream.cuda.copy_rows(to, pitch, since, width, width, height, stream.handle)

    def _execution(self, shapes: Mapping[str, Shape], chain: Chain | None = None) -> Execution:
        profile = self._session.profile(shapes)
        is_steady = profile.num_shapes(self._fixed_dims) <= _MOST_GRAPHS
        key = (chain is not None, profile.index, *(sorted(shapes.items()) if is_steady else ()))
        if key not in self._executions:
            self._executions[key] = self._session.new_execution(
                profile, self._memory, is_steady=is_steady, fed_back=chain.fed_back if chain else None
            )
        return self._executions[key]


class EngineSession:
    """A plan loaded on one GPU, with one stream."""

    def __init__(self, trt: Any, cuda: Cuda, component: Component, plan: Path, device_id: int) -> None:
        """Load a plan; `open_session` gives it the real libraries."""
        self.component: Final = component
        self._device_id: Final = device_id
        self._lost: str | None = None
        # First of all, for it says whether there is a driver in words of its own.
        cuda.set_device(device_id)
        self.engine: Final = Engine(trt, component, plan)
        self.stream: Final = Stream(cuda)
        self._scratch: Final = Arena(cuda.malloc, cuda.free, {"": self.engine.scratch_bytes})
        self._specs: Final = {spec.name: spec for spec in component.inputs}

    def allocate(self, name: str, dims: Mapping[str, int], fill: int = 0) -> EngineTensor:
        """Allocate memory for an input; see `Session.allocate`."""
        spec = self._specs[name]
        shape, itemsize = shape_of(spec, dims), host_dtype(spec).itemsize
        num_bytes = prod(shape) * itemsize
        cuda = self.stream.cuda
        with self.in_use():
            arena = Arena(cuda.malloc, cuda.free, {"": num_bytes})
            cuda.fill(arena.address(""), fill, num_bytes, self.stream.handle)
        return EngineTensor(arena, shape, itemsize)

    def part(self, tensor: DeviceTensor, first: int, count: int) -> EngineTensor:
        """Return some sequences of a tensor; see `Session.part`."""
        assert isinstance(tensor, EngineTensor), "every tensor was allocated by this back end"
        shape = (count, *tensor.shape[1:])
        offset = tensor.offset + first * prod(shape[1:]) * tensor.itemsize
        return EngineTensor(tensor.arena, shape, tensor.itemsize, offset)

    def bind(self, tensors: Mapping[str, DeviceTensor], kept: Collection[str] = ()) -> EngineBinding:
        """Fix inputs and outputs to memory; see `Session.bind`."""
        own = {name: tensor for name, tensor in tensors.items() if isinstance(tensor, EngineTensor)}
        assert own.keys() == tensors.keys(), "every tensor was allocated by this back end"
        with self.in_use():
            return EngineBinding(self, own, kept)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Refuse a session whose GPU is lost, and notice when it is."""
        if self._lost:
            raise DeviceLostError(self._lost)
        try:
            # The current device belongs to the thread, and callers may come from any.
            self.stream.cuda.set_device(self._device_id)
            yield
        except DeviceLostError as error:
            self._lost = str(error)
            raise

    def profile(self, shapes: Mapping[str, Shape]) -> Profile:
        """Return the narrowest profile that holds the inputs' shapes.

        Raises:
            GraphError: none does.
        """
        for profile in self.engine.profiles:
            if profile.holds(shapes):
                return profile
        widest = self.engine.profiles[-1]
        name = next(name for name, shape in shapes.items() if not widest.holds({name: shape}))
        raise GraphError(
            f"Input {name!r} of shape {shapes[name]} is outside the engine's profiles "
            f"(at most {widest.most[name]}). Give shorter audio, or rebuild with a larger profile."
        )

    def new_execution(
        self,
        profile: Profile,
        memory: BoundMemory,
        *,
        is_steady: bool,
        fed_back: Mapping[str, str] | None = None,
    ) -> Execution:
        """Make a context for a profile."""
        capture = is_steady and not self.engine.captures_itself
        scratch = self._scratch.address("")
        return Execution(
            self.engine, self.stream, profile, memory, scratch, capture=capture, fed_back=fed_back
        )


def open_session(component: Component, graph: Path, options: SessionOptions, target: Target) -> EngineSession:
    """Load a plan; see `edge_runtime.session.open_session`."""
    return EngineSession(load_trt(target), _load_cuda(), component, graph, options.device_id)


def probe(target: Target, options: SessionOptions) -> None:
    """Do on the device what every run does; see `edge_runtime.session.probe_target`."""
    cuda = _load_cuda()
    probe_libraries(load_trt(target), cuda, options.device_id)


def probe_libraries(trt: Any, cuda: Cuda, device_id: int) -> None:
    """Start the runtime, and send bytes through device memory on a stream.

    Raises:
        BackendUnavailableError: no driver, no GPU, or TensorRT does not start.
        ResourceError: the GPU has not even a few bytes to spare.
    """
    cuda.set_device(device_id)
    stream = Stream(cuda)
    arena = Arena(cuda.malloc, cuda.free, {"": 1})
    cuda.fill(arena.address(""), 0, 1, stream.handle)
    stream.synchronize()
    logger = shared_logger(trt)
    logger.errors.clear()
    if trt.Runtime(logger) is None or logger.errors:
        raise refusal(logger, "starting")


def environment(target: Target, options: SessionOptions) -> EngineEnvironment:
    """Describe library and GPU; see `edge_runtime.session.engine_environment`."""
    return describe(load_trt(target), _load_cuda(), target, options.device_id)


def describe(trt: Any, cuda: Cuda, target: Target, device_id: int) -> EngineEnvironment:
    """Describe what an engine meets.

    Raises:
        BackendUnavailableError: there is no driver or no GPU.
    """
    device = cuda.describe(device_id)
    return EngineEnvironment(
        builder=target,
        version=str(trt.__version__),
        platform=host_platform(),
        compute_capability=device.compute_capability,
        gpu=device.name,
        driver=device.driver,
    )


def _load_cuda() -> Cuda:
    cuda: Cuda = import_module("edge_runtime.cuda_bindings").CudaBindings()
    return cuda
