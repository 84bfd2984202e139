"""The one file that imports ONNX Runtime."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime as ort

from edge_runtime.arrays import Array
from edge_runtime.errors import GraphError, ResourceError
from edge_runtime.manifest import Component, TensorSpec
from edge_runtime.session import DeviceTensor, SessionOptions

_DEVICE: Final = "cpu"
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
    """Memory owned by an `OrtValue`."""

    value: Any
    shape: tuple[int, ...]


class OrtBinding:
    """An `IOBinding` whose resident tensors are bound once."""

    def __init__(self, session: OrtSession, tensors: Mapping[str, DeviceTensor]) -> None:
        self._session: Final = session.handle
        self._binding: Final = session.handle.io_binding()
        outputs = [spec.name for spec in session.component.outputs]
        self._host_outputs: Final = [name for name in outputs if name not in tensors]
        # Outputs are read back by position in the order of binding: the host's come first.
        self._bind_host_outputs()
        for name, tensor in tensors.items():
            assert isinstance(tensor, OrtTensor), f"{name} was allocated by another back end"
            is_output = name in outputs
            bind = self._binding.bind_ortvalue_output if is_output else self._binding.bind_ortvalue_input
            bind(name, tensor.value)

    def run(self, feeds: Mapping[str, Array]) -> Mapping[str, Array]:
        """Run once; see `Binding.run`."""
        try:
            for name, array in feeds.items():
                self._binding.bind_cpu_input(name, np.ascontiguousarray(array))
            # Bound again each time: ONNX Runtime would otherwise insist on the shapes of the run before.
            self._bind_host_outputs()
            self._session.run_with_iobinding(self._binding)
        except Exception as error:  # ONNX Runtime's exceptions share no base class but this
            raise _translated(error, "running the graph") from error
        values = self._binding.get_outputs()
        return {name: value.numpy() for name, value in zip(self._host_outputs, values, strict=False)}

    def _bind_host_outputs(self) -> None:
        for name in self._host_outputs:
            self._binding.bind_output(name, _DEVICE)


class OrtSession:
    """A graph loaded by ONNX Runtime on the CPU."""

    def __init__(self, component: Component, handle: ort.InferenceSession) -> None:
        self.component: Final = component
        self.handle: Final = handle
        self._specs: Final = {spec.name: spec for spec in component.inputs}

    def allocate(self, name: str, dims: Mapping[str, int]) -> OrtTensor:
        """Allocate zeroed memory for an input; see `Session.allocate`."""
        spec = self._specs[name]
        shape = tuple(dim if isinstance(dim, int) else dims[dim] for dim in spec.shape)
        try:
            # Zeros, for a masked row still takes part as 0 × value, and 0 × NaN is NaN.
            array = np.zeros(shape, spec.dtype)
        except (MemoryError, ValueError) as error:  # ValueError: more elements than an address can name
            raise ResourceError(f"No memory for {name} of shape {shape}. Give shorter audio.") from error
        return OrtTensor(ort.OrtValue.ortvalue_from_numpy(array, _DEVICE), shape)

    def bind(self, tensors: Mapping[str, DeviceTensor]) -> OrtBinding:
        """Fix inputs and outputs to memory; see `Session.bind`."""
        return OrtBinding(self, tensors)


def open_session(component: Component, graph: Path, options: SessionOptions) -> OrtSession:
    """Load a graph; see `edge_runtime.session.open_session`."""
    settings = ort.SessionOptions()
    settings.log_severity_level = _QUIET
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    # Spinning wins a few percent and costs a device its idle power.
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        handle = ort.InferenceSession(str(graph), settings, providers=["CPUExecutionProvider"])
    except Exception as error:  # as above
        raise _translated(error, f"loading {graph}") from error
    _require_same("input", component.inputs, handle.get_inputs(), graph)
    _require_same("output", component.outputs, handle.get_outputs(), graph)
    return OrtSession(component, handle)


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
