"""Every name of TensorRT that the runtime uses."""

from __future__ import annotations

from collections.abc import Mapping

EVERYWHERE = (
    "__version__",
    "Runtime",
    "ILogger",
    "ILogger.Severity.ERROR",
    "TensorIOMode.INPUT",
    "TensorIOMode.OUTPUT",
    *(f"DataType.{name}" for name in ("FLOAT", "HALF", "BF16", "INT64", "INT32", "INT8", "BOOL")),
    "TensorLocation.DEVICE",
    "ExecutionContextAllocationStrategy.USER_MANAGED",
    "ICudaEngine.num_io_tensors",
    "ICudaEngine.num_optimization_profiles",
)
"""Names without arguments that `tensorrt` 10.3 to 11 and `tensorrt_rtx` 1 all have."""

CALLS: Mapping[str, tuple[str, ...]] = {
    "Runtime.deserialize_cuda_engine": ("serialized_engine",),
    "ICudaEngine.get_tensor_name": ("index",),
    "ICudaEngine.get_tensor_mode": ("name",),
    "ICudaEngine.get_tensor_dtype": ("name",),
    "ICudaEngine.get_tensor_location": ("name",),
    "ICudaEngine.get_tensor_shape": ("name",),
    "ICudaEngine.get_tensor_profile_shape": ("name", "profile_index"),
    "ICudaEngine.create_execution_context": ("strategy",),
    "IExecutionContext.set_optimization_profile_async": ("profile_index", "stream_handle"),
    "IExecutionContext.set_tensor_address": ("name", "memory"),
    "IExecutionContext.set_input_shape": ("name", "shape"),
    "IExecutionContext.get_tensor_shape": ("name",),
    "IExecutionContext.execute_async_v3": ("stream_handle",),
}
"""Methods that all have, with the arguments given, in order."""

EITHER = (
    ("ICudaEngine.device_memory_size_v2", "ICudaEngine.device_memory_size"),
    ("IExecutionContext.set_device_memory", "IExecutionContext.device_memory"),
)
"""Of each pair a version has one at least; the first is preferred."""

OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "ICudaEngine.get_aliased_input_tensor": ("name",),
    "IExecutionContext.set_device_memory": ("memory", "size"),
    "IRuntimeConfig.set_runtime_cache": ("cache",),
    "IRuntimeCache.deserialize": ("blob",),
}
"""Methods that are used where a version has them."""

RTX = (
    "CudaGraphStrategy.WHOLE_GRAPH_CAPTURE",
    "ICudaEngine.create_runtime_config",
    "IRuntimeConfig.cuda_graph_strategy",
    "IRuntimeConfig.set_execution_context_allocation_strategy",
    "IRuntimeConfig.create_runtime_cache",
    "IRuntimeCache.serialize",
    "IHostMemory.nbytes",
)
"""Names that are used where `CudaGraphStrategy` exists."""
