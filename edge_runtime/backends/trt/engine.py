"""A plan loaded by TensorRT: its tensors, its profiles, and contexts to run it in."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from edge_runtime.backends.tensors import Shape, Signature, require_same_signature
from edge_runtime.backends.trt.kernel_cache import KernelCache
from edge_runtime.backends.trt.library import shared_logger, start, trt_error
from edge_runtime.backends.trt.profile import Profile, dim_ranges
from edge_runtime.bundle.specs import Component, TensorSpec
from edge_runtime.errors import GraphError
from edge_runtime.opened_file import OpenedFile

_DTYPES: Final[Mapping[str, str]] = {
    "FLOAT": "float32",
    "HALF": "float16",
    "BF16": "bfloat16",
    "INT64": "int64",
    "INT32": "int32",
    "INT8": "int8",
    "BOOL": "bool",
}
_LOG: Final = logging.getLogger(__name__)


class Engine:
    """One engine; this class hides how `tensorrt` 10.3 to 11 and `tensorrt_rtx` 1 differ."""

    def __init__(self, trt: Any, component: Component, plan: OpenedFile, kernels: KernelCache) -> None:
        """Deserialise a plan whose hash the caller has verified.

        Args:
            trt: the module.
            component: the graph's description.
            plan: the file, as it was hashed.
            kernels: store of the kernels that TensorRT-RTX compiles for the GPU.

        Raises:
            BackendUnavailableError: there is no usable driver.
            ResourceError: the weights do not fit the GPU.
            GraphError: TensorRT refuses the plan, or its tensors are not the component's.
        """
        self._trt: Final = trt
        self._logger: Final = shared_logger(trt)
        self._plan: Final = plan
        self._kernels: Final = kernels
        self._is_capture_refused = False
        self._runtime: Final = start(trt.Runtime, self._logger)
        self._engine: Final = self.call("loading it", _deserialize, self._runtime, plan)
        require_same_signature(str(plan), "input", component.inputs, self._signature("input"))
        require_same_signature(str(plan), "output", component.outputs, self._signature("output"))
        self._require_on_device(component)
        self.profiles: Final = self._read_profiles(component.inputs)

    @property
    def scratch_bytes(self) -> int:
        """Device memory that a context needs while it runs."""
        return int(_first_of(self._engine, "device_memory_size_v2", "device_memory_size"))

    @property
    def captures_internally(self) -> bool:
        """Whether the library makes CUDA graphs of its own accord (TensorRT-RTX)."""
        return hasattr(self._trt, "CudaGraphStrategy")

    def alias(self, output: str) -> str | None:
        """Return the input whose memory an output must share, if there is one."""
        # TensorRT has in-place updates, and this method, from 10.15 on.
        find = getattr(self._engine, "get_aliased_input_tensor", None)
        return (find(output) or None) if find else None

    def new_context(self) -> Any:
        """Return an execution context without memory of its own."""
        strategy = self._trt.ExecutionContextAllocationStrategy.USER_MANAGED
        config = self._capturing_config(strategy) if self.captures_internally else strategy
        return self.call("creating an execution context", self._engine.create_execution_context, config)

    def call(self, action: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function of TensorRT, and raise the error that it logs where it returns False or None.

        Args:
            action: what the call is to do, for the message.
            function: the function.
            arguments: its arguments.
        """
        with self._logger.collecting() as errors:
            result = function(*arguments)
        if result is None or result is False:
            raise trt_error(errors, f"{action} ({self._plan})")
        return result

    def report_refused_capture(self, error: GraphError) -> None:
        """Log, once for an engine, that runs are enqueued call by call."""
        if not self._is_capture_refused:
            self._is_capture_refused = True
            _LOG.warning("%s: steps are not captured as a CUDA graph, and slower: %s", self._plan, error)

    def _capturing_config(self, strategy: Any) -> Any:
        config = self._engine.create_runtime_config()
        config.set_execution_context_allocation_strategy(strategy)
        config.cuda_graph_strategy = self._trt.CudaGraphStrategy.WHOLE_GRAPH_CAPTURE
        self._kernels.attach_to(config)
        return config

    def _require_on_device(self, component: Component) -> None:
        on_device = self._trt.TensorLocation.DEVICE
        for spec in (*component.inputs, *component.outputs):
            if self._engine.get_tensor_location(spec.name) != on_device:
                raise GraphError(
                    f"{self._plan}: TensorRT wants {spec.name!r} in host memory, since a shape depends on "
                    f"its values. Rebuild the bundle with `edge-asr build-engines`."
                )

    def _signature(self, kind: str) -> Signature:
        names = [self._engine.get_tensor_name(i) for i in range(self._engine.num_io_tensors)]
        mode = getattr(self._trt.TensorIOMode, kind.upper())
        return {name: self._described(name) for name in names if self._engine.get_tensor_mode(name) == mode}

    def _described(self, name: str) -> tuple[str, int]:
        dtype = self._engine.get_tensor_dtype(name).name
        return _DTYPES.get(dtype, dtype), len(tuple(self._engine.get_tensor_shape(name)))

    def _read_profiles(self, inputs: tuple[TensorSpec, ...]) -> tuple[Profile, ...]:
        """Return the profiles, the narrowest first."""
        profiles = (self._read_profile(i, inputs) for i in range(self._engine.num_optimization_profiles))
        return tuple(sorted(profiles, key=lambda profile: profile.num_shapes()))

    def _read_profile(self, index: int, inputs: tuple[TensorSpec, ...]) -> Profile:
        min_shapes: dict[str, Shape] = {}
        max_shapes: dict[str, Shape] = {}
        for spec in inputs:
            low, _, high = self._engine.get_tensor_profile_shape(spec.name, index)
            min_shapes[spec.name], max_shapes[spec.name] = tuple(low), tuple(high)
        return Profile(index, min_shapes, max_shapes, dim_ranges(inputs, min_shapes, max_shapes))


def _deserialize(runtime: Any, plan: OpenedFile) -> Any:
    try:
        # Mapped, not read: a plan is as large as its weights, and TensorRT copies what it keeps.
        return runtime.deserialize_cuda_engine(plan.mapped())
    except OSError as error:
        raise GraphError(
            f"{plan} cannot be read: {error}. Rebuild the bundle with `edge-asr build-engines`."
        ) from error


def _first_of(owner: Any, *names: str) -> Any:
    """Return the first attribute that this version has."""
    return getattr(owner, next(name for name in names if hasattr(owner, name)))
