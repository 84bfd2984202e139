"""The one file that imports ONNX Runtime."""

from __future__ import annotations

import math
import mmap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime as ort

from edge_runtime.arrays import Array
from edge_runtime.errors import BackendUnavailableError, GraphError, ResourceError
from edge_runtime.manifest import Component, Target, TensorSpec
from edge_runtime.processor import overflows_eight_bits
from edge_runtime.session import DeviceTensor, SessionOptions
from edge_runtime.shapes import require_rows_fit, shape_of
from edge_runtime.threads import default_threads

_HOST: Final = "cpu"
_DEVICES: Final[Mapping[Target, tuple[str, str]]] = {
    "ort-cpu": (_HOST, "CPUExecutionProvider"),
    "ort-cuda": ("cuda", "CUDAExecutionProvider"),
}
_ORT_TYPES: Final[Mapping[str, str]] = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(bfloat16)": "bfloat16",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(int8)": "int8",
    "tensor(bool)": "bool",
}
_QUIET: Final = 3
"""Errors only: ONNX Runtime warns of choices that are made on purpose."""


@dataclass(frozen=True, slots=True)
class OrtTensor:
    """Memory owned by an `OrtValue`; on the CPU that is the memory of `host`, elsewhere a copy of it."""

    value: Any
    shape: tuple[int, ...]
    host: Array


@dataclass(frozen=True, slots=True)
class OrtDevice:
    """Where a graph runs, as ONNX Runtime names it."""

    name: str
    provider: str
    index: int


class OrtBinding:
    """An `IOBinding` whose resident tensors are bound once."""

    def __init__(self, session: OrtSession, tensors: Mapping[str, OrtTensor], kept: Collection[str]) -> None:
        self._session: Final = session.handle
        self._device: Final = session.device
        self._tensors: Final = tensors
        self._binding: Final = session.handle.io_binding()
        outputs = [spec.name for spec in session.component.outputs]
        self._returned: Final = [name for name in outputs if name not in tensors and name not in kept]
        self._kept: Final = list(kept)
        self._latest: Mapping[str, Any] = {}
        self._feeds: Final[dict[str, tuple[Any, Array]]] = {}
        # Outputs are read back by position in the order of binding: the caller's come first.
        self._bind_outputs()
        for name, tensor in tensors.items():
            is_output = name in outputs
            bind = self._binding.bind_ortvalue_output if is_output else self._binding.bind_ortvalue_input
            bind(name, tensor.value)

    def run(self, feeds: Mapping[str, Array]) -> Mapping[str, Array]:
        """Run once; see `Binding.run`."""
        try:
            is_first = [self._feed(name, array) for name, array in feeds.items()]
            if any(is_first):
                # ONNX Runtime would otherwise insist on the shapes of the run before.
                self._bind_outputs()
            self._session.run_with_iobinding(self._binding)
        except Exception as error:  # ONNX Runtime's exceptions share no base class but this
            self._feeds.clear()
            raise _translated(error, "running the graph") from error
        if any(is_first):
            self._keep_outputs()
        # Copies: the next run writes to the same memory.
        return {name: np.array(self._latest[name].numpy()) for name in self._returned}

    def _feed(self, name: str, array: Array) -> bool:
        """Hand over an input; return whether its memory is new, as that of the first run with a shape is."""
        bound = self._feeds.get(name)
        if bound is not None and (bound[1].shape, bound[1].dtype) == (array.shape, array.dtype):
            np.copyto(bound[1], array)
            if self._device.name != _HOST:
                bound[0].update_inplace(bound[1])
            return False
        host = np.array(array, order="C")
        value = ort.OrtValue.ortvalue_from_numpy(host, self._device.name, self._device.index)
        self._feeds[name] = (value, host)
        self._binding.bind_ortvalue_input(name, value)
        return True

    def _keep_outputs(self) -> None:
        """Have the next runs, which are likely of the same shapes, write to the memory of this one."""
        names = [*self._returned, *self._kept]
        self._latest = dict(zip(names, self._binding.get_outputs(), strict=False))
        for name, value in self._latest.items():
            self._binding.bind_ortvalue_output(name, value)

    def append_rows(self, source: str, target: str, starts: Sequence[int]) -> None:
        """Copy the latest rows of an output into a bound input; see `Binding.append_rows`."""
        rows, whole = self._latest[source].numpy(), self._tensors[target]
        require_rows_fit(rows.shape, whole.shape, starts)
        for sequence, start in enumerate(starts):
            whole.host[sequence, :, start : start + rows.shape[2]] = rows[sequence]

    def _bind_outputs(self) -> None:
        for name in self._returned:
            self._binding.bind_output(name, _HOST)
        for name in self._kept:
            self._binding.bind_output(name, self._device.name, self._device.index)


class OrtSession:
    """A graph loaded by ONNX Runtime on one device."""

    def __init__(self, component: Component, handle: ort.InferenceSession, device: OrtDevice) -> None:
        self.component: Final = component
        self.handle: Final = handle
        self.device: Final = device
        self._specs: Final = {spec.name: spec for spec in component.inputs}

    def allocate(self, name: str, dims: Mapping[str, int], fill: int = 0) -> OrtTensor:
        """Allocate memory for an input; see `Session.allocate`."""
        spec = self._specs[name]
        shape = shape_of(spec, dims)
        try:
            array = _untouched(shape, spec.dtype)
        except (OSError, ValueError, OverflowError) as error:  # more elements than memory, or than an address
            raise ResourceError(f"No memory for {name} of shape {shape}. Give shorter audio.") from error
        if fill:
            array.reshape(-1).view(np.uint8)[:] = fill
        try:
            value = ort.OrtValue.ortvalue_from_numpy(array, self.device.name, self.device.index)
        except Exception as error:  # as above
            raise _translated(error, f"allocating {name} of shape {shape}") from error
        return OrtTensor(value, shape, array)

    def part(self, tensor: DeviceTensor, first: int, count: int) -> OrtTensor:
        """Return some sequences of a tensor; see `Session.part`."""
        assert isinstance(tensor, OrtTensor), "every tensor was allocated by this back end"
        if self.device.name != _HOST:
            raise GraphError(
                f"{self.device.provider} cannot share out memory of the device: sequences are decoded one "
                f"after the other there. Choose a batch size of 1."
            )
        host = tensor.host[first : first + count]
        return OrtTensor(ort.OrtValue.ortvalue_from_numpy(host), host.shape, host)

    def bind(self, tensors: Mapping[str, DeviceTensor], kept: Collection[str] = ()) -> OrtBinding:
        """Fix inputs and outputs to memory; see `Session.bind`."""
        own = {name: tensor for name, tensor in tensors.items() if isinstance(tensor, OrtTensor)}
        assert own.keys() == tensors.keys(), "every tensor was allocated by this back end"
        if kept and self.device.name != _HOST:
            # ONNX Runtime has no copy between parts of device memory.
            raise GraphError(
                f"A graph of lowering {self.component.lowering!r} cannot be run by {self.device.provider}. "
                f"Build with `edge-asr build-engines --target ort-cuda`."
            )
        return OrtBinding(self, own, kept)


def open_session(
    component: Component, graph: Path, options: SessionOptions, target: Target = "ort-cpu"
) -> OrtSession:
    """Load a graph; see `edge_runtime.session.open_session`."""
    device = _device(target, options)
    handle = _load(str(graph), options, device, f"loading {graph}")
    _require_same("input", component.inputs, handle.get_inputs(), graph)
    _require_same("output", component.outputs, handle.get_outputs(), graph)
    return OrtSession(component, handle, device)


def _untouched(shape: tuple[int, ...], dtype: str) -> Array:
    """Return zeros that take up memory when they are first written, page by page.

    numpy asks for huge pages, and a cache that is filled row by row in every head would take up all of them
    with its first rows. Zeros, for a masked row still takes part as 0 × value, and 0 × NaN is NaN.
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    array: Array = np.frombuffer(mmap.mmap(-1, max(size, 1)), dtype, math.prod(shape)).reshape(shape)
    return array


def probe(target: Target, options: SessionOptions) -> None:
    """Run a graph of one node; see `edge_runtime.session.probe_target`."""
    handle = _load(_NEGATE, options, _device(target, options), "loading a graph of one node")
    try:
        handle.run(None, {"x": np.ones(1, np.float32)})
    except Exception as error:  # as above
        raise _translated(error, "running a graph of one node") from error


_NEGATE: Final = bytes.fromhex(
    "08083a320a0b0a017812017922034e65671201675a0f0a0178120a0a08080112040a020801"
    "620f0a0179120a0a08080112040a02080142040a00100d"
)
"""An ONNX file of one node, y = -x, float32 (1)."""


def _device(target: Target, options: SessionOptions) -> OrtDevice:
    name, provider = _DEVICES[target]
    found = ort.get_available_providers()
    if provider not in found:
        raise BackendUnavailableError(
            f"Target {target!r} needs ONNX Runtime's {provider}; the one installed has {', '.join(found)}. "
            f"Remove `onnxruntime`, then `pip install 'edge-asr[gpu]'`."
        )
    return OrtDevice(name, provider, options.device_id if name != _HOST else 0)


def _load(
    model: str | bytes, options: SessionOptions, device: OrtDevice, action: str
) -> ort.InferenceSession:
    provider = (device.provider, {} if device.name == _HOST else {"device_id": str(device.index)})
    try:
        handle = ort.InferenceSession(model, _settings(options), providers=[provider])
    except Exception as error:  # as above
        raise _translated(error, action) from error
    if device.provider not in handle.get_providers():
        # ONNX Runtime takes the CPU in silence where the libraries of another provider do not load.
        raise BackendUnavailableError(
            f"ONNX Runtime's {device.provider} is installed and does not load: driver, CUDA or cuDNN are "
            f"missing or of another version. Check `nvidia-smi`, or use a bundle for `ort-cpu`."
        )
    return handle


def _settings(options: SessionOptions) -> ort.SessionOptions:
    settings = ort.SessionOptions()
    settings.log_severity_level = _QUIET
    settings.intra_op_num_threads = options.threads or default_threads()
    settings.inter_op_num_threads = 1
    # Threads spin between the operators of a run, which are many and short, and sleep when it ends.
    settings.add_session_config_entry("session.intra_op.allow_spinning", "1")
    settings.add_session_config_entry("session.force_spinning_stop", "1")
    # Requests differ in length: memory that is kept for the shapes of one does not suit the next.
    settings.enable_mem_pattern = False
    settings.enable_cpu_mem_arena = False
    if overflows_eight_bits():
        # Slower kernels, on codes that are converted when the graph is loaded.
        settings.add_session_config_entry("session.x64quantprecision", "1")
    return settings


def _require_same(kind: str, expected: tuple[TensorSpec, ...], found: list[Any], graph: Path) -> None:
    declared = {spec.name: (spec.dtype, len(spec.shape)) for spec in expected}
    actual = {arg.name: (_ORT_TYPES.get(arg.type, arg.type), len(arg.shape)) for arg in found}
    if declared != actual:
        differing = sorted(k for k in declared.keys() | actual.keys() if declared.get(k) != actual.get(k))
        raise GraphError(
            f"{graph}: its {kind}s are not those of the manifest (first difference: {differing[0]!r}). "
            f"Rebuild the bundle with `edge-asr build-engines`."
        )


def _translated(error: Exception, action: str) -> GraphError | ResourceError:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if "bad_alloc" in reason or "Failed to allocate" in reason or isinstance(error, MemoryError):
        return ResourceError(f"Out of memory {action}: {reason}. Give shorter audio, or free memory.")
    return GraphError(f"ONNX Runtime failed {action}: {reason}. Check the bundle with `edge-asr verify`.")
