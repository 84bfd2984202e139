"""An execution context of an engine, with fixed addresses and, where shapes repeat, a captured graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from edge_runtime.backends.cuda.stream import CudaGraph, Stream
from edge_runtime.backends.tensors import Shape
from edge_runtime.backends.trt.engine import Engine
from edge_runtime.backends.trt.memory import BindingMemory
from edge_runtime.backends.trt.profile import Profile
from edge_runtime.errors import GraphError


class TrtContext:
    """Enqueues uploads, the engine and downloads, one by one or as one captured graph."""

    def __init__(
        self,
        engine: Engine,
        stream: Stream,
        profile: Profile,
        memory: BindingMemory,
        scratch: int,
        *,
        capture: bool,
        fed_back: Mapping[str, str] | None = None,
    ) -> None:
        """Set up a context.

        Args:
            engine: the engine to run.
            stream: the stream to enqueue on.
            profile: its range holds all shapes of the context's runs.
            memory: addresses of all tensors.
            scratch: device memory of `engine.scratch_bytes`, shared by all contexts of the stream.
            capture: whether to capture a graph once shapes repeat.
            fed_back: output → input that takes its value after each run; the context then copies nothing
                between host and device, and the caller does. None for runs that upload their inputs and
                download their outputs.
        """
        self._engine: Final = engine
        self._stream: Final = stream
        self._buffers: Final = memory.buffers
        self._addresses: Final = memory.addresses
        self._capture = capture
        self._fed_back: Final = fed_back
        self._graph: CudaGraph | None = None
        self._inputs: Mapping[str, Shape] | None = None
        self.is_warm = False
        self.output_shapes: Final[dict[str, Shape]] = {}
        self._context: Final = engine.new_context()
        _set_device_memory(self._context, scratch, engine.scratch_bytes)
        choose = self._context.set_optimization_profile_async
        engine.call(f"choosing profile {profile.index}", choose, profile.index, stream.handle)
        for name, address in memory.addresses.items():
            engine.call(f"setting the address of {name}", self._context.set_tensor_address, name, address)

    def run(self, shapes: Mapping[str, Shape]) -> None:
        """Enqueue one run: it reads pinned inputs, and its outputs are pinned once the stream has finished.

        With `fed_back`, inputs and outputs are on the device.

        Args:
            shapes: of every input, inside the profile.
        """
        if shapes != self._inputs:
            self._reshape(shapes)
        # TensorRT sets itself up in the first run with new shapes, so that run cannot be captured.
        if self._capture and self.is_warm and self._graph is None:
            self._try_to_capture()
        if self._graph:
            self._graph.launch()
        else:
            self._enqueue()
        self.is_warm = True

    def _reshape(self, shapes: Mapping[str, Shape]) -> None:
        self._inputs, self._graph, self.is_warm = None, None, False
        for name, shape in shapes.items():
            self._engine.call(f"setting {name} to {shape}", self._context.set_input_shape, name, shape)
        self.output_shapes.update(
            (name, self._shape_of(name)) for name in self._buffers.sizes if name not in shapes
        )
        copies_to_host = self._fed_back is None
        self._uploads = list(self._copies(shapes)) if copies_to_host else []
        self._downloads = list(self._copies(self.output_shapes)) if copies_to_host else []
        self._inputs = dict(shapes)

    def _shape_of(self, name: str) -> Shape:
        return tuple(self._context.get_tensor_shape(name))

    def _copies(self, shapes: Mapping[str, Shape]) -> Iterator[tuple[str, int]]:
        """Yield name and bytes of each tensor that crosses between host and device."""
        for name, shape in shapes.items():
            if name in self._buffers.sizes:
                num_bytes = self._buffers.num_bytes(name, shape)
                if name in self._buffers.pinned:
                    yield name, num_bytes

    def _try_to_capture(self) -> None:
        try:
            self._graph = CudaGraph(self._stream.cuda, self._stream.handle, self._enqueue)
        except GraphError as error:
            # Some layers cannot be captured; a plain run has the same results.
            self._capture = False
            self._engine.report_refused_capture(error)

    def _enqueue(self) -> None:
        on_device, pinned = self._addresses, self._buffers.pinned
        for name, num_bytes in self._uploads:
            self._stream.copy(on_device[name], pinned.address(name), num_bytes)
        self._engine.call("running the engine", self._context.execute_async_v3, self._stream.handle)
        for output, name in (self._fed_back or {}).items():
            num_bytes = self._buffers.num_bytes(output, self.output_shapes[output])
            self._stream.copy(on_device[name], on_device[output], num_bytes)
        for name, num_bytes in self._downloads:
            self._stream.copy(pinned.address(name), on_device[name], num_bytes)


def _set_device_memory(context: Any, address: int, num_bytes: int) -> None:
    if hasattr(context, "set_device_memory"):
        context.set_device_memory(address, num_bytes)
    else:
        context.device_memory = address
