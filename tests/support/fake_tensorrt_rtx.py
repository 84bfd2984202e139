"""TensorRT-RTX over the fake CUDA: engines with settings, kernels compiled on the device, own graphs."""

from __future__ import annotations

from enum import Enum, auto
from typing import Any

from tests.support.fake_context import FakeContext
from tests.support.fake_cuda import FakeCuda
from tests.support.fake_tensorrt import (
    ExecutionContextAllocationStrategy,
    FakeModernEngine,
    FakePlan,
    FakeTensorRT,
)


class CudaGraphStrategy(Enum):
    DISABLED = auto()
    WHOLE_GRAPH_CAPTURE = auto()


class FakeRuntimeCache:
    """Names of compiled kernels, for one GPU."""

    def __init__(self, gpu: str) -> None:
        self.gpu = gpu
        self.kernels: set[str] = set()

    def serialize(self) -> bytes:
        return "\n".join([self.gpu, *sorted(self.kernels)]).encode()

    def deserialize(self, blob: Any) -> bool:
        gpu, *kernels = bytes(blob).decode().split("\n")
        if gpu == self.gpu:
            self.kernels.update(kernels)
        return gpu == self.gpu


class FakeRuntimeConfig:
    cuda_graph_strategy: object = None
    allocation: object = None

    def set_execution_context_allocation_strategy(self, strategy: object) -> None:
        self.allocation = strategy


class FakeRtxRuntimeConfig(FakeRuntimeConfig):
    """With a cache for the kernels that contexts compile."""

    def __init__(self, trt: Any) -> None:
        self._trt = trt
        self.cache: FakeRuntimeCache | None = None

    def create_runtime_cache(self) -> FakeRuntimeCache:
        cache = FakeRuntimeCache(self._trt.cuda.is_device.name)
        self._trt.caches.append(cache)
        return cache

    def set_runtime_cache(self, cache: FakeRuntimeCache) -> bool:
        self.cache = cache
        return True


class FakeRtxEngine(FakeModernEngine):
    """As of TensorRT-RTX 1.7: contexts are made from settings, and compile what no cache has."""

    def create_runtime_config(self) -> FakeRuntimeConfig:
        return FakeRtxRuntimeConfig(self.trt)

    def create_execution_context(self, config: Any) -> FakeContext | None:
        assert config.allocation is ExecutionContextAllocationStrategy.USER_MANAGED
        assert config.cuda_graph_strategy is CudaGraphStrategy.WHOLE_GRAPH_CAPTURE
        kernels = {"attention", "product"} - (config.cache.kernels if config.cache else set())
        self.trt.compiled += len(kernels)
        if config.cache:
            config.cache.kernels |= kernels
        return self.new_context()


class FakeTensorRTRTX(FakeTensorRT):
    """Stands in for the module `tensorrt_rtx`, which makes CUDA graphs itself."""

    CudaGraphStrategy = CudaGraphStrategy

    def __init__(self, cuda: FakeCuda, plan: FakePlan) -> None:
        super().__init__(cuda, plan, FakeRtxEngine)
        self.caches: list[FakeRuntimeCache] = []
