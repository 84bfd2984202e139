"""Where each tensor of a binding lies, on the device and on the host."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from ctypes import c_byte
from math import prod
from typing import Any, Final

import numpy as np

from edge_runtime.arrays import Array
from edge_runtime.backends.cuda.arena import Arena
from edge_runtime.backends.cuda.runtime import Cuda
from edge_runtime.backends.cuda.stream import Stream
from edge_runtime.backends.session import MAX_STEPS
from edge_runtime.backends.tensors import Shape, host_dtype
from edge_runtime.backends.trt.engine import Engine
from edge_runtime.bundle.specs import Component, TensorSpec
from edge_runtime.errors import GraphError


class BindingMemory:
    """One device arena and one pinned host arena, both of the largest shapes, allocated once.

    No address changes while the binding lives, so a captured graph stays valid.
    """

    def __init__(
        self,
        cuda: Cuda,
        engine: Engine,
        component: Component,
        resident: Mapping[str, int],
        on_device: Collection[str],
    ) -> None:
        """Lay out and allocate.

        Args:
            cuda: allocates the memory.
            engine: gives the largest shapes, and the outputs that share an input's memory.
            component: the graph's tensors.
            resident: address of each bound tensor, whose memory the caller owns.
            on_device: outputs that stay on the device.

        Raises:
            GraphError: an output that the engine writes in place is bound elsewhere than its input.
            ResourceError: there is not enough memory.
        """
        self._specs: Final = {spec.name: spec for spec in (*component.inputs, *component.outputs)}
        aliases = {spec.name: engine.alias(spec.name) for spec in component.outputs}
        self.sizes: Final = {
            name: self._max_bytes(engine, name) for name in self._specs if name not in resident
        }
        own = {name: size for name, size in self.sizes.items() if not aliases.get(name)}
        self._device: Final = Arena(cuda.malloc, cuda.free, own)
        host = {name: size for name, size in self.sizes.items() if name not in on_device}
        self.pinned: Final = Arena(cuda.host_malloc, cuda.host_free, host)
        self.addresses: Final[dict[str, int]] = {
            **resident,
            **{name: self._device.address(name) for name in own},
        }
        for output, source in aliases.items():
            if source:
                self._alias(output, source)

    def write(self, name: str, array: Array) -> None:
        """Copy an input, of any memory layout, into its pinned buffer."""
        self._view(name, array.shape)[...] = array

    def read(self, name: str, shape: Shape) -> Array:
        """Return a copy of a downloaded output."""
        return self._view(name, shape).copy()

    def num_bytes(self, name: str, shape: Shape) -> int:
        """Return the size of a tensor.

        Raises:
            GraphError: it is larger than its buffer.
        """
        num_bytes = prod(shape) * host_dtype(self._specs[name]).itemsize
        if num_bytes > self.sizes[name]:
            raise GraphError(
                f"Tensor {name!r} has the shape {shape}, {num_bytes} bytes, and profiles and manifest "
                f"allow {self.sizes[name]}. Rebuild the bundle with `edge-asr build-engines`."
            )
        return num_bytes

    def _max_bytes(self, engine: Engine, name: str) -> int:
        spec = self._specs[name]
        return max(prod(profile.max_shape(spec)) for profile in engine.profiles) * host_dtype(spec).itemsize

    def _alias(self, output: str, source: str) -> None:
        address = self.addresses[source]
        if self.addresses.setdefault(output, address) != address:
            raise GraphError(f"The engine updates {source!r} in place: bind {output!r} to the same tensor.")

    def _view(self, name: str, shape: Shape) -> Array:
        self.num_bytes(name, shape)
        return view_of(self.pinned.address(name), shape, host_dtype(self._specs[name]))


def view_of(address: int, shape: Shape, dtype: np.dtype[Any]) -> Array:
    """Return host memory as an array; the caller must know that the address is valid."""
    memory = (c_byte * (prod(shape) * dtype.itemsize)).from_address(address)
    return np.ndarray(shape, dtype, memoryview(memory))


class StagingBuffers:
    """Pinned buffers for the inputs and outputs of every run of a `StepChain`, allocated once."""

    def __init__(self, cuda: Cuda, memory: BindingMemory, specs: Mapping[str, TensorSpec]) -> None:
        """Allocate.

        Args:
            cuda: allocates the memory.
            memory: the binding's memory; gives addresses on the device and largest sizes.
            specs: tensors that cross between host and device in every run.
        """
        self._specs: Final = specs
        self._memory: Final = memory
        sizes = {_buffer_name(name, run): memory.sizes[name] for name in specs for run in range(MAX_STEPS)}
        self._pinned: Final = Arena(cuda.host_malloc, cuda.host_free, sizes)

    def upload(self, stream: Stream, name: str, run: int, values: Array) -> None:
        """Enqueue the copy of one run's input to the device."""
        address = self._pinned.address(_buffer_name(name, run))
        view_of(address, values.shape, values.dtype)[...] = values
        stream.copy(self._memory.addresses[name], address, values.nbytes)

    def download(self, stream: Stream, name: str, run: int, shape: Shape) -> None:
        """Enqueue the copy of one run's output to the host, before the next run overwrites it."""
        num_bytes = self._memory.num_bytes(name, shape)
        stream.copy(self._pinned.address(_buffer_name(name, run)), self._memory.addresses[name], num_bytes)

    def read(self, name: str, run: int, shape: Shape) -> Array:
        """Return a copy of one run's output; the stream must have finished."""
        address = self._pinned.address(_buffer_name(name, run))
        return view_of(address, shape, host_dtype(self._specs[name])).copy()


def _buffer_name(name: str, run: int) -> str:
    return f"{name} {run}"
