"""An execution context that does with NumPy what was enqueued, and asserts what TensorRT demands."""

from __future__ import annotations

from ctypes import c_byte
from math import prod
from typing import Any

import numpy as np

from edge_runtime.arrays import Array
from edge_runtime.backends.tensors import host_dtype
from edge_runtime.bundle.specs import TensorSpec
from tests.support.fake_cuda import FakeCuda


class FakeContext:
    """As of TensorRT 10.3."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.cuda: FakeCuda = engine.trt.cuda
        self.addresses: dict[str, int] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.memory: int | None = None
        self.profile: int | None = None
        self.seen: set[tuple[object, ...]] = set()
        self.history: list[dict[str, int]] = []
        """Addresses of each run."""

    @property
    def device_memory(self) -> int | None:
        return self.memory

    @device_memory.setter
    def device_memory(self, memory: int) -> None:
        self.cuda.require_memory(memory, self.engine.plan.scratch)
        self.memory = memory

    def set_optimization_profile_async(self, index: int, stream: int) -> bool:
        self.cuda.require_current(stream)
        self.profile = index
        return not self.engine.trt.fails_at("set_optimization_profile_async")

    def set_tensor_address(self, name: str, address: int) -> bool:
        assert name in self.engine.specs
        assert address, "null is for tensors that are not there"
        self.addresses[name] = address
        return not self.engine.trt.fails_at("set_tensor_address")

    def set_input_shape(self, name: str, shape: tuple[int, ...]) -> bool:
        assert self.profile is not None, "the profile comes first"
        assert name in self.engine.inputs
        min_shape, _, max_shape = self.engine.get_tensor_profile_shape(name, self.profile)
        assert all(low <= dim <= high for low, dim, high in zip(min_shape, shape, max_shape, strict=True))
        self.shapes[name] = tuple(shape)
        return not self.engine.trt.fails_at("set_input_shape")

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        assert self.shapes.keys() == self.engine.inputs, "every input's shape comes first"
        dims: dict[int | str, int] = {}
        for known, shape in self.shapes.items():
            dims.update(zip(self.engine.specs[known].shape, shape, strict=True))
        return tuple(dim if isinstance(dim, int) else dims[dim] for dim in self.engine.specs[name].shape)

    def execute_async_v3(self, stream: int) -> bool:
        self.cuda.require_current(stream)
        assert self.memory is not None
        assert self.addresses.keys() == self.engine.specs.keys(), "every tensor has an address"
        for output, source in self.engine.plan.in_place.items():
            assert self.addresses[output] == self.addresses[source]
        state = tuple(sorted(self.shapes.items()))
        is_settled, self.seen = state in self.seen, {state}
        if self.engine.trt.fails_at("execute_async_v3"):
            return False
        assert is_settled or self.cuda.capturing is None, "the first run with new shapes cannot be recorded"
        shapes = {name: self.get_tensor_shape(name) for name in self.engine.specs}
        self.history.append(dict(self.addresses))
        self.cuda.enqueue(_work(self.engine, self.cuda, dict(self.addresses), shapes))
        return True


class FakeModernContext(FakeContext):
    """As of TensorRT 10.16: memory comes with its size."""

    def set_device_memory(self, memory: int, size: int) -> None:
        assert size == self.engine.plan.scratch
        self.device_memory = memory


def _work(engine: Any, cuda: FakeCuda, addresses: dict[str, int], shapes: dict[str, tuple[int, ...]]) -> Any:
    def view(name: str) -> Array:
        spec: TensorSpec = engine.specs[name]
        num_bytes = prod(shapes[name]) * host_dtype(spec).itemsize
        cuda.require_memory(addresses[name], num_bytes)
        memory = (c_byte * num_bytes).from_address(addresses[name])
        return np.ndarray(shapes[name], host_dtype(spec), memoryview(memory))

    def work() -> None:
        results = engine.plan.compute({name: view(name) for name in engine.inputs})
        for name in engine.specs.keys() - engine.inputs:
            view(name)[...] = results[name]

    return work
