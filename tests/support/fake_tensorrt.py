"""TensorRT over the fake CUDA: engines are NumPy functions, and what TensorRT forbids is asserted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum, auto
from typing import Any
from weakref import WeakSet

from edge_runtime.bundle.specs import Component
from tests.support.fake_context import FakeContext, FakeModernContext
from tests.support.fake_cuda import FakeCuda
from tests.support.fake_session import Compute

Range = tuple[int, int]


NULL_POINTER = "pybind11::init(): factory function returned nullptr"
"""Text of the TypeError that the bindings of 10.3, 10.16 and 11.4 raise where a factory returns null."""


class TensorIOMode(Enum):
    INPUT = auto()
    OUTPUT = auto()


class TensorLocation(Enum):
    DEVICE = auto()
    HOST = auto()


class DataType(Enum):
    FLOAT = "float32"
    HALF = "float16"
    BF16 = "bfloat16"
    INT64 = "int64"
    BOOL = "bool"


class ExecutionContextAllocationStrategy(Enum):
    STATIC = auto()
    USER_MANAGED = auto()


class ILogger:
    class Severity(IntEnum):
        ERROR = 1
        WARNING = 2

    def log(self, severity: Any, message: str) -> None: ...


@dataclass(frozen=True)
class FakePlan:
    """What a plan file holds.

    Attributes:
        component: its tensors.
        compute: what it computes.
        profiles: ranges of the named dimensions.
        in_place: outputs that lie where an input does.
        on_host: tensors whose values decide shapes.
        scratch: bytes that a context needs.
    """

    component: Component
    compute: Compute
    profiles: tuple[Mapping[str, Range], ...]
    in_place: Mapping[str, str] = field(default_factory=dict)
    on_host: tuple[str, ...] = ()
    scratch: int = 1000


class FakeEngine:
    """As of TensorRT 10.3."""

    context_type: type[FakeContext] = FakeContext

    def __init__(self, trt: Any) -> None:
        self.trt = trt
        self.plan: FakePlan = trt.plan
        component = self.plan.component
        self.specs = {spec.name: spec for spec in (*component.inputs, *component.outputs)}
        self.inputs = {spec.name for spec in component.inputs}
        self.num_io_tensors = len(self.specs)
        self.num_optimization_profiles = len(self.plan.profiles)
        self.device_memory_size = self.plan.scratch

    def get_tensor_name(self, index: int) -> str:
        return list(self.specs)[index]

    def get_tensor_mode(self, name: str) -> TensorIOMode:
        return TensorIOMode.INPUT if name in self.inputs else TensorIOMode.OUTPUT

    def get_tensor_dtype(self, name: str) -> DataType:
        return DataType(self.specs[name].dtype)

    def get_tensor_location(self, name: str) -> TensorLocation:
        return TensorLocation.HOST if name in self.plan.on_host else TensorLocation.DEVICE

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        return tuple(dim if isinstance(dim, int) else -1 for dim in self.specs[name].shape)

    def get_tensor_profile_shape(self, name: str, index: int) -> list[tuple[int, ...]]:
        ranges = self.plan.profiles[index]
        spans = [(dim, dim) if isinstance(dim, int) else ranges[dim] for dim in self.specs[name].shape]
        min_shape, max_shape = (tuple(span[end] for span in spans) for end in (0, 1))
        return [min_shape, max_shape, max_shape]

    def create_execution_context(self, config: Any) -> FakeContext | None:
        assert config is ExecutionContextAllocationStrategy.USER_MANAGED
        return self.new_context()

    def new_context(self) -> FakeContext | None:
        if self.trt.fails_at("create_execution_context"):
            return None
        context = self.context_type(self)
        self.trt.contexts.add(context)
        return context


class FakeModernEngine(FakeEngine):
    """As of TensorRT 10.16: it tells which outputs lie where an input does."""

    context_type = FakeModernContext

    def __init__(self, trt: Any) -> None:
        super().__init__(trt)
        self.device_memory_size_v2 = self.plan.scratch

    def get_aliased_input_tensor(self, name: str) -> str | None:
        return self.plan.in_place.get(name)


@dataclass(eq=False)
class FakeRuntime:
    trt: Any

    def deserialize_cuda_engine(self, plan: Any) -> FakeEngine | None:
        if bytes(plan[:4]) != b"plan":
            self.trt.failures["deserialize"] = "Serialization assertion magicTag == kPLAN_MAGIC failed"
        if self.trt.fails_at("deserialize"):
            return None
        engine: FakeEngine = self.trt.engine_type(self.trt)
        self.trt.engines.add(engine)
        return engine


class FakeTensorRT:
    """Stands in for the module `tensorrt`, as of 10.3 or 10.16 by its engines."""

    __version__ = "10.16.1.11"
    TensorIOMode = TensorIOMode
    TensorLocation = TensorLocation
    ILogger = ILogger
    ExecutionContextAllocationStrategy = ExecutionContextAllocationStrategy

    def __init__(
        self, cuda: FakeCuda, plan: FakePlan, engine_type: type[FakeEngine] = FakeModernEngine
    ) -> None:
        self.engine_type = engine_type
        self.cuda = cuda
        self.plan = plan
        self.contexts: WeakSet[FakeContext] = WeakSet()
        self.engines: WeakSet[FakeEngine] = WeakSet()
        self.failures: dict[str, str] = {}
        self.logger: Any = None
        self.compiled = 0
        """Kernels that contexts compiled."""

    def Runtime(self, logger: Any) -> FakeRuntime:  # noqa: N802
        assert self.logger in (None, logger), "TensorRT keeps the first logger"
        self.logger = logger
        if self.fails_at("Runtime"):
            raise TypeError(NULL_POINTER)
        return FakeRuntime(self)

    def fails_at(self, call: str) -> bool:
        """Tell whether a call was planted to fail; if so, log why."""
        reason = self.failures.get(call)
        if reason is not None:
            self.logger.log(ILogger.Severity.WARNING, "a warning is no reason")
            self.logger.log(ILogger.Severity.ERROR, reason)
        return reason is not None
