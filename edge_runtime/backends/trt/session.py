"""TensorRT and TensorRT-RTX behind the seam, without torch: plans run on the CUDA runtime alone.

All memory is allocated when a graph is opened or bound or its cache is made; a request allocates nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any, Final

from edge_runtime.backends.cuda.arena import Arena
from edge_runtime.backends.cuda.cudart import load_cuda
from edge_runtime.backends.cuda.runtime import Cuda
from edge_runtime.backends.cuda.stream import Stream
from edge_runtime.backends.graph_file import GraphFile
from edge_runtime.backends.session import DeviceTensor, EngineEnvironment, SessionOptions, host_platform
from edge_runtime.backends.tensors import host_dtype, shape_of
from edge_runtime.backends.trt.binding import TrtBinding
from edge_runtime.backends.trt.library import load_trt, shared_logger, start, trt_error
from edge_runtime.backends.trt.rows import TrtTensor, laid_out, spread_rows
from edge_runtime.backends.trt.runner import TrtRunner
from edge_runtime.bundle.manifest import Target
from edge_runtime.bundle.specs import Component
from edge_runtime.errors import GraphError


class TrtSession:
    """A plan loaded on one GPU, with one stream."""

    def __init__(
        self, trt: Any, cuda: Cuda, component: Component, plan: Path | GraphFile, device_id: int
    ) -> None:
        """Load a plan; `open_session` passes the real libraries."""
        self.component: Final = component
        self.runner: Final = TrtRunner(trt, cuda, component, GraphFile.at(plan).file, device_id)
        self._specs: Final = {spec.name: spec for spec in component.inputs}

    def allocate(self, name: str, dims: Mapping[str, int], fill: int = 0) -> TrtTensor:
        """Allocate memory for an input; see `Session.allocate`."""
        return self.allocate_block([name], dims, fill)[name]

    def allocate_block(
        self, names: Sequence[str], dims: Mapping[str, int], fill: int = 0
    ) -> dict[str, TrtTensor]:
        """Allocate memory for inputs of one shape, side by side; see `Session.allocate_block`."""
        first = self._specs[names[0]]
        assert all(self._specs[name].shape == first.shape for name in names), "a block is of one shape"
        shape, itemsize = shape_of(first, dims), host_dtype(first).itemsize
        self._require_batch(first.name, shape[0])
        arena = self._filled_arena(len(names) * prod(shape) * itemsize, fill)
        offsets = [index * prod(shape) * itemsize for index in range(len(names))]
        return {
            n: TrtTensor(arena, shape, itemsize, offset) for n, offset in zip(names, offsets, strict=True)
        }

    def relayout(
        self, tensors: Mapping[str, DeviceTensor], dims: Mapping[str, int], num_rows: int
    ) -> dict[str, TrtTensor]:
        """Lay caches out for another capacity; see `Session.relayout`."""
        own = {name: tensor for name, tensor in tensors.items() if isinstance(tensor, TrtTensor)}
        assert own.keys() == tensors.keys(), "every tensor was allocated by this back end"
        shape = shape_of(self._specs[next(iter(own))], dims)
        moved = laid_out(own, shape)
        if num_rows:
            with self.runner.in_use():
                spread_rows(self.runner.stream, list(own.values()), shape[2], num_rows)
        return moved

    def _filled_arena(self, num_bytes: int, fill: int) -> Arena:
        cuda = self.runner.stream.cuda
        with self.runner.in_use():
            arena = Arena(cuda.malloc, cuda.free, {"": num_bytes})
            cuda.fill(arena.address(""), fill, num_bytes, self.runner.stream.handle)
        return arena

    def _require_batch(self, name: str, batch: int) -> None:
        max_batch = max(profile.max_shapes[name][0] for profile in self.runner.engine.profiles)
        if batch > max_batch:
            sequences = "sequence" if max_batch == 1 else "sequences"
            raise GraphError(
                f"The engine takes {max_batch} {sequences} at a time, and {batch} were asked for. Choose a "
                f"batch size of {max_batch}, or build with a recipe whose decoder profiles have a larger "
                f"batch."
            )

    def slice(self, tensor: DeviceTensor, first: int, count: int) -> TrtTensor:
        """Return some sequences of a tensor; see `Session.slice`."""
        assert isinstance(tensor, TrtTensor), "every tensor was allocated by this back end"
        shape = (count, *tensor.shape[1:])
        offset = tensor.offset + first * prod(shape[1:]) * tensor.itemsize
        return TrtTensor(tensor.arena, shape, tensor.itemsize, offset)

    def bind(self, tensors: Mapping[str, DeviceTensor], on_device: Collection[str] = ()) -> TrtBinding:
        """Fix inputs and outputs to memory; see `Session.bind`."""
        own = {name: tensor for name, tensor in tensors.items() if isinstance(tensor, TrtTensor)}
        assert own.keys() == tensors.keys(), "every tensor was allocated by this back end"
        with self.runner.in_use():
            return TrtBinding(self.runner, own, on_device)


def open_session(
    component: Component, graph: Path | GraphFile, options: SessionOptions, target: Target
) -> TrtSession:
    """Load a plan; see `edge_runtime.backends.registry.open_session`."""
    return TrtSession(load_trt(target), load_cuda(), component, graph, options.device_id)


def probe(target: Target, options: SessionOptions) -> None:
    """Do on the device what every run does; see `edge_runtime.backends.registry.probe_target`."""
    cuda = load_cuda()
    probe_libraries(load_trt(target), cuda, options.device_id)


def probe_libraries(trt: Any, cuda: Cuda, device_id: int) -> None:
    """Start TensorRT's runtime, and write to device memory on a stream.

    Raises:
        BackendUnavailableError: no driver, no GPU, or TensorRT does not start.
        ResourceError: the GPU has no memory left.
    """
    cuda.set_device(device_id)
    stream = Stream(cuda)
    arena = Arena(cuda.malloc, cuda.free, {"": 1})
    cuda.fill(arena.address(""), 0, 1, stream.handle)
    stream.synchronize()
    logger = shared_logger(trt)
    with logger.collecting() as errors:
        start(trt.Runtime, logger)
    # TensorRT-RTX starts without a driver, and logs that there is none.
    if errors:
        raise trt_error(errors, "starting")


def environment(target: Target, options: SessionOptions) -> EngineEnvironment:
    """Describe library and GPU; see `edge_runtime.backends.registry.engine_environment`."""
    return describe(load_trt(target), load_cuda(), target, options.device_id)


def describe(trt: Any, cuda: Cuda, target: Target, device_id: int) -> EngineEnvironment:
    """Describe what an engine would run with: the library and the GPU.

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
        multiprocessors=device.multiprocessors,
        gpu_memory=device.memory,
        driver=device.driver,
    )
