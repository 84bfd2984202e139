"""Memory of the inputs and outputs that cross between host and device: one set for all of a session."""

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


class IoBuffers:
    """One device arena and one pinned host arena, both of the largest shapes, allocated once.

    All bindings with the same bound tensors share them: a run waits for its outputs and copies them, so
    nothing but an output that stays on the device outlives it.
    """

    def __init__(
        self,
        cuda: Cuda,
        engine: Engine,
        component: Component,
        resident: Collection[str],
        on_device: Collection[str],
    ) -> None:
        """Lay out and allocate.

        Args:
            cuda: allocates the memory.
            engine: gives the largest shapes, and the outputs that share an input's memory.
            component: the graph's tensors.
            resident: names of bound tensors, whose memory each binding owns.
            on_device: outputs that stay on the device.

        Raises:
            ResourceError: there is not enough memory.
        """
        self._specs: Final = {spec.name: spec for spec in (*component.inputs, *component.outputs)}
        self.aliases: Final = {
            spec.name: source for spec in component.outputs if (source := engine.alias(spec.name))
        }
        self.sizes: Final = {
            name: self._max_bytes(engine, name) for name in self._specs if name not in resident
        }
        own = {name: size for name, size in self.sizes.items() if name not in self.aliases}
        self._device: Final = Arena(cuda.malloc, cuda.free, own)
        self.addresses: Final = {name: self._device.address(name) for name in own}
        host = {name: size for name, size in self.sizes.items() if name not in on_device}
        self.pinned: Final = Arena(cuda.host_malloc, cuda.host_free, host)
        crossing = {name: spec for name, spec in self._specs.items() if name in host}
        outputs = {spec.name for spec in component.outputs}
        staged = {n: spec for n, spec in crossing.items() if n in outputs or spec.shape == ("batch",)}
        # Only graphs with a cache run step by step; others return whole recordings, too large to hold twice.
        self.staging: Final = StagingBuffers(cuda, self, staged) if resident else None
        self.latest_user: object = None
        """Who ran last, and left the outputs that stay on the device."""

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

    def _view(self, name: str, shape: Shape) -> Array:
        self.num_bytes(name, shape)
        return view_of(self.pinned.address(name), shape, host_dtype(self._specs[name]))


def view_of(address: int, shape: Shape, dtype: np.dtype[Any]) -> Array:
    """Return host memory as an array; the caller must know that the address is valid."""
    memory = (c_byte * (prod(shape) * dtype.itemsize)).from_address(address)
    return np.ndarray(shape, dtype, memoryview(memory))


class StagingBuffers:
    """Pinned buffers for the inputs and outputs of every run of a `StepChain`, allocated once."""

    def __init__(self, cuda: Cuda, buffers: IoBuffers, specs: Mapping[str, TensorSpec]) -> None:
        """Allocate.

        Args:
            cuda: allocates the memory.
            buffers: give addresses on the device and largest sizes.
            specs: tensors that cross between host and device in every run.
        """
        self._specs: Final = specs
        self._sizes: Final = buffers.sizes
        self._addresses: Final = buffers.addresses
        sizes = {_buffer_name(name, run): self._sizes[name] for name in specs for run in range(MAX_STEPS)}
        self._pinned: Final = Arena(cuda.host_malloc, cuda.host_free, sizes)

    def upload(self, stream: Stream, name: str, run: int, values: Array) -> None:
        """Enqueue the copy of one run's input to the device."""
        address = self._pinned.address(_buffer_name(name, run))
        view_of(address, values.shape, values.dtype)[...] = values
        stream.copy(self._addresses[name], address, values.nbytes)

    def download(self, stream: Stream, name: str, run: int, num_bytes: int) -> None:
        """Enqueue the copy of one run's output to the host, before the next run overwrites it."""
        stream.copy(self._pinned.address(_buffer_name(name, run)), self._addresses[name], num_bytes)

    def read(self, name: str, run: int, shape: Shape) -> Array:
        """Return a copy of one run's output; the stream must have finished."""
        address = self._pinned.address(_buffer_name(name, run))
        return view_of(address, shape, host_dtype(self._specs[name])).copy()


def _buffer_name(name: str, run: int) -> str:
    return f"{name} {run}"
