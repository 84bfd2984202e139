"""Probe of TensorRT, run in a process of its own: build a network of one layer, run it, compare."""

from __future__ import annotations

from ctypes import memmove, string_at
from typing import Any, Final

import numpy as np

from edge_runtime.arrays import Array
from edge_runtime.backends.cuda.arena import Arena
from edge_runtime.backends.cuda.cudart import load_cuda
from edge_runtime.backends.cuda.runtime import Cuda
from edge_runtime.backends.cuda.stream import Stream
from edge_runtime.backends.registry import probe_target
from edge_runtime.backends.session import SessionOptions
from edge_runtime.backends.trt.library import load_trt, shared_logger, start, trt_error
from edge_runtime.bundle.manifest import Target
from edge_runtime.doctor.trials.trial import Trial
from edge_runtime.errors import EdgeAsrError, GraphError

_SIZE: Final = 4


def run_network(target: Target) -> Trial:
    """Build and run a network on the first GPU."""
    # First what each start of the runtime does, whose errors say which package or driver is missing.
    probe_target(target, SessionOptions())
    trt = load_trt(target)
    try:
        negate_on_gpu(trt, load_cuda())
    except EdgeAsrError as error:
        return Trial(outcome="failed", reason=str(error), version=str(trt.__version__))
    return Trial(outcome="passed", version=str(trt.__version__))


def negate_on_gpu(trt: Any, cuda: Cuda) -> None:
    """Build y = -x, run it and compare.

    Raises:
        GraphError: TensorRT cannot build it, or the result is wrong.
        BackendUnavailableError: there is no usable driver or GPU.
        ResourceError: the GPU has no memory left.
    """
    logger = shared_logger(trt)
    runtime = start(trt.Runtime, logger)
    with logger.collecting() as errors:
        engine = runtime.deserialize_cuda_engine(build_negation(trt))
        context = engine.create_execution_context() if engine is not None else None
        if context is None:
            raise trt_error(errors, "loading a network of one layer")
        x = np.arange(1, _SIZE + 1, dtype=np.float32)
        y = _run(context, cuda, x)
        if y is None:
            raise trt_error(errors, "running a network of one layer")
    if not np.array_equal(y, -x):
        raise GraphError(f"TensorRT computed {y.tolist()} as the negation of {x.tolist()}.")


def build_negation(trt: Any) -> Any:
    """Return the serialized engine of y = -x, float32 (4).

    Raises:
        GraphError: the builder fails.
        BackendUnavailableError: there is no usable driver or GPU.
    """
    logger = shared_logger(trt)
    builder = start(trt.Builder, logger)
    with logger.collecting() as errors:
        network = builder.create_network(_creation_flags(trt))
        x = network.add_input("x", trt.DataType.FLOAT, (_SIZE,))
        y = network.add_unary(x, trt.UnaryOperation.NEG).get_output(0)
        y.name = "y"
        network.mark_output(y)
        plan = builder.build_serialized_network(network, builder.create_builder_config())
        if plan is None:
            raise trt_error(errors, "building a network of one layer")
    return plan


def _creation_flags(trt: Any) -> int:
    """Return the flags of a strongly typed network; since TensorRT 11 every network is."""
    flag = getattr(trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED", None)
    return 0 if flag is None else 1 << int(flag)


def _run(context: Any, cuda: Cuda, x: Array) -> Array | None:
    """Return the output of a run, None where TensorRT refuses it."""
    stream, sizes = Stream(cuda), {"x": x.nbytes, "y": x.nbytes}
    device, host = Arena(cuda.malloc, cuda.free, sizes), Arena(cuda.host_malloc, cuda.host_free, sizes)
    memmove(host.address("x"), x.ctypes.data, x.nbytes)
    stream.copy(device.address("x"), host.address("x"), x.nbytes)
    if not all(context.set_tensor_address(name, device.address(name)) for name in sizes):
        return None
    if not context.execute_async_v3(stream.handle):
        return None
    stream.copy(host.address("y"), device.address("y"), x.nbytes)
    stream.synchronize()
    y: Array = np.frombuffer(string_at(host.address("y"), x.nbytes), x.dtype)
    return y
