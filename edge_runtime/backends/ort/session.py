"""The one file that imports ONNX Runtime."""

from __future__ import annotations

import math
import mmap
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime

from edge_runtime.arrays import Array
from edge_runtime.backends.graph_file import GraphFile
from edge_runtime.backends.ort.binding import OrtBinding, OrtTensor
from edge_runtime.backends.ort.failures import backend_error
from edge_runtime.backends.ort.library import HOST, find_device, load, require_exact_products
from edge_runtime.backends.ort.onnx_file import OnnxModel, read_onnx
from edge_runtime.backends.ort.runner import OrtRunner
from edge_runtime.backends.session import DeviceTensor, EngineEnvironment, SessionOptions, host_platform
from edge_runtime.backends.tensors import Signature, require_same_signature, shape_of
from edge_runtime.bundle.manifest import Target
from edge_runtime.bundle.specs import Component
from edge_runtime.errors import GraphError, ResourceError

_ORT_TYPES: Final[Mapping[str, str]] = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(bfloat16)": "bfloat16",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(int8)": "int8",
    "tensor(bool)": "bool",
}
_STATE: Final = "past"
"""Prefix of the inputs that carry state from run to run."""


class OrtSession:
    """A graph loaded by ONNX Runtime on one device."""

    def __init__(self, runner: OrtRunner) -> None:
        self.component: Final = runner.component
        self.runner: Final = runner
        self._specs: Final = {spec.name: spec for spec in runner.component.inputs}

    def allocate(self, name: str, dims: Mapping[str, int], fill: int = 0) -> OrtTensor:
        """Allocate memory for an input; see `Session.allocate`."""
        spec = self._specs[name]
        shape = shape_of(spec, dims)
        try:
            array = _zero_pages(shape, spec.dtype)
        except (OSError, ValueError, OverflowError) as error:  # more elements than memory, or than an address
            raise ResourceError(f"No memory for {name} of shape {shape}. Give shorter audio.") from error
        if fill:
            array.reshape(-1).view(np.uint8)[:] = fill
        device = self.runner.device
        try:
            value = self.runner.new_value(array, device.name)
        except Exception as error:  # ONNX Runtime's exceptions share no base class but this
            raise backend_error(error, f"allocating {name} of shape {shape}") from error
        host = array if device.is_host else None
        return OrtTensor(value, shape, host, host)

    def allocate_block(
        self, names: Sequence[str], dims: Mapping[str, int], fill: int = 0
    ) -> dict[str, OrtTensor]:
        """Allocate memory for inputs of one shape; see `Session.allocate_block`."""
        return {name: self.allocate(name, dims, fill) for name in names}

    def relayout(
        self, tensors: Mapping[str, DeviceTensor], dims: Mapping[str, int], num_rows: int
    ) -> dict[str, OrtTensor]:
        """Lay caches out for another capacity; see `Session.relayout`."""
        return {name: self._laid_out(name, tensor, dims, num_rows) for name, tensor in tensors.items()}

    def _laid_out(self, name: str, tensor: DeviceTensor, dims: Mapping[str, int], num_rows: int) -> OrtTensor:
        assert isinstance(tensor, OrtTensor), "every tensor was allocated by this back end"
        if tensor.host is None or tensor.whole is None:
            raise GraphError(f"{self.runner.device.provider} cannot move rows of a cache on its device.")
        shape = shape_of(self._specs[name], dims)
        kept = tensor.host[:, :, :num_rows].copy()
        host = tensor.whole.reshape(-1)[: math.prod(shape)].reshape(shape)
        host[:, :, :num_rows] = kept
        return OrtTensor(self.runner.new_value(host, HOST), shape, host, tensor.whole)

    def slice(self, tensor: DeviceTensor, first: int, count: int) -> OrtTensor:
        """Return some sequences of a tensor; see `Session.slice`."""
        assert isinstance(tensor, OrtTensor), "every tensor was allocated by this back end"
        if tensor.host is None:
            raise GraphError(
                f"{self.runner.device.provider} cannot share out memory of the device: sequences are decoded "
                f"one after the other there. Choose a batch size of 1."
            )
        host = tensor.host[first : first + count]
        return OrtTensor(self.runner.new_value(host, HOST), host.shape, host)

    def bind(self, tensors: Mapping[str, DeviceTensor], on_device: Collection[str] = ()) -> OrtBinding:
        """Fix inputs and outputs to memory; see `Session.bind`."""
        own = {name: tensor for name, tensor in tensors.items() if isinstance(tensor, OrtTensor)}
        assert own.keys() == tensors.keys(), "every tensor was allocated by this back end"
        device = self.runner.device
        if on_device and not device.is_host:
            # ONNX Runtime cannot copy between parts of device memory.
            raise GraphError(
                f"A graph of lowering {self.component.lowering!r} cannot be run by {device.provider}. "
                f"Build with `edge-asr build-engines --target ort-cuda`."
            )
        return OrtBinding(self.runner, own, on_device)


def open_session(
    component: Component, graph: Path | GraphFile, options: SessionOptions, target: Target = "ort-cpu"
) -> OrtSession:
    """Load a graph; see `edge_runtime.backends.registry.open_session`."""
    return open_with(onnxruntime, component, graph, options, target)


def open_with(
    ort: Any, component: Component, graph: Path | GraphFile, options: SessionOptions, target: Target
) -> OrtSession:
    """Load a graph with a given module `onnxruntime`, or a fake of it."""
    device = find_device(ort, target, options)
    if device.is_host:
        require_exact_products(component.precision, str(graph), ort.__version__)
    # Graphs without a cache take whole recordings, whose shapes rarely recur.
    has_cache = any(spec.name.startswith(_STATE) for spec in component.inputs)
    handle, captures = load(
        ort,
        read_onnx(GraphFile.at(graph)),
        options,
        device,
        f"loading {graph}",
        captures=has_cache and not device.is_host,
    )
    require_same_signature(str(graph), "input", component.inputs, _signature(handle.get_inputs()))
    require_same_signature(str(graph), "output", component.outputs, _signature(handle.get_outputs()))
    return OrtSession(OrtRunner(ort, handle, component, device, captures=captures))


def _signature(arguments: Sequence[Any]) -> Signature:
    return {arg.name: (_ORT_TYPES.get(arg.type, arg.type), len(arg.shape)) for arg in arguments}


def _zero_pages(shape: tuple[int, ...], dtype: str) -> Array:
    """Return zeros whose pages take up memory when they are first written.

    NumPy requests huge pages, and a cache that is filled row by row in every head would touch all of them
    with its first rows. The content must be zeros: a masked row still counts as 0 × value, and 0 × NaN is
    NaN.
    """
    size = max(math.prod(shape) * np.dtype(dtype).itemsize, 1)
    if sys.platform == "win32":
        pages = mmap.mmap(-1, size)
    else:  # private: the pages of a shared mapping take up memory when they are read, too
        pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    array: Array = np.frombuffer(pages, dtype, math.prod(shape)).reshape(shape)
    return array


def probe(target: Target, options: SessionOptions) -> None:
    """Run a graph of one node; see `edge_runtime.backends.registry.probe_target`."""
    device = find_device(onnxruntime, target, options)
    handle, _ = load(onnxruntime, OnnxModel(_NEGATE), options, device, "loading a graph of one node")
    try:
        handle.run(None, {"x": np.ones(1, np.float32)})
    except Exception as error:  # as above
        raise backend_error(error, "running a graph of one node") from error


_NEGATE: Final = bytes.fromhex(
    "08083a320a0b0a017812017922034e65671201675a0f0a0178120a0a08080112040a020801"
    "620f0a0179120a0a08080112040a02080142040a00100d"
)
"""An ONNX file of one node, y = -x, float32 (1)."""


def environment(target: Target, options: SessionOptions) -> EngineEnvironment:
    """Describe the library; see `edge_runtime.backends.registry.engine_environment`."""
    find_device(onnxruntime, target, options)
    return EngineEnvironment(builder=target, version=onnxruntime.__version__, platform=host_platform())


def multiply_codes() -> tuple[float, float]:
    """Return a sum of eight-bit products on the CPU, and what it is exactly.

    Processors without dot products saturate it, and ONNX Runtime before 1.30 ends the process there; see
    `edge_runtime.backends.ort.library.require_exact_products`.
    """
    options = SessionOptions(threads=1)
    device = find_device(onnxruntime, "ort-cpu", options)
    handle, _ = load(onnxruntime, OnnxModel(_MULTIPLY), options, device, "loading a product of codes")
    x = np.full((1, 8), 255, np.uint8)
    try:
        outputs = handle.run(None, {"x": x})
    except Exception as error:  # as above
        raise backend_error(error, "running a product of codes") from error
    return float(outputs[0][0, 0]), 8.0 * 255 * 127


_MULTIPLY: Final = bytes.fromhex(
    "08083a8d010a340a01780a01770a01730a017312017922144d61744d756c496e7465676572546f466c6f61743a0d636f6d2e6d6963"
    "726f736f66741201672a1b0808080210034201774a107f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f2a0b10014201734a040000803f5a13"
    "0a0178120e0a0c080212080a0208010a02080862130a0179120e0a0c080112080a0208010a02080242040a00101142110a0d636f6d"
    "2e6d6963726f736f66741001"
)
"""An ONNX file of one `MatMulIntegerToFloat`: x, uint8 (1, 8), times 127, int8 (8, 2), scales 1."""
