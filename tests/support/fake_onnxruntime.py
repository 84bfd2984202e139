"""ONNX Runtime with a GPU, on host memory: the part of its module that is used, and what it demands there.

Device memory is a block of its own, so that what is not copied is not there. A recorded run keeps the memory
that was bound when it was recorded, and its replays read and write that.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from edge_runtime.arrays import Array
from edge_runtime.backends.graph_file import GraphFile
from edge_runtime.bundle.specs import Component, TensorSpec
from edge_runtime.opened_file import OpenedFile, open_file
from tests.support.fake_session import Compute

GPU = "CUDAExecutionProvider"
GRAPH_FILE = GraphFile(
    OpenedFile(os.memfd_create("ledger"), Path("ledger.onnx")), lambda name: open_file(Path(name))
)
"""An empty one: the function of the module is the graph."""
_TYPES = {"float32": "tensor(float)", "float16": "tensor(float16)", "int64": "tensor(int64)"}


class OrtFail(Exception):  # noqa: N818 - named as ONNX Runtime does
    """As its `Fail`: no subclass of anything but Exception."""


class OrtValue:
    """On the CPU the memory of an array, on a device a copy of it."""

    def __init__(self, memory: Array, device: str) -> None:
        self.memory = memory
        self.device = device

    @staticmethod
    def ortvalue_from_numpy(array: Array, device_type: str = "cpu", device_id: int = 0) -> OrtValue:
        assert device_type == "cuda" or device_id == 0
        assert array.flags.c_contiguous
        return OrtValue(array if device_type == "cpu" else array.copy(), device_type)

    def update_inplace(self, array: Array) -> None:
        assert array.shape == self.memory.shape
        self.memory[...] = array

    def numpy(self) -> Array:
        return self.memory if self.device == "cpu" else self.memory.copy()

    def data_ptr(self) -> int:
        return int(self.memory.ctypes.data)


class SessionOptions:
    log_severity_level = 2
    intra_op_num_threads = 0
    inter_op_num_threads = 0

    def add_session_config_entry(self, key: str, value: str) -> None: ...


class RunOptions:
    def __init__(self) -> None:
        self.entries: dict[str, str] = {}

    def add_run_config_entry(self, key: str, value: str) -> None:
        self.entries[key] = value


@dataclass(frozen=True)
class Described:
    name: str
    type: str = ""
    shape: tuple[int | str, ...] = ()


class IOBinding:
    def __init__(self, session: InferenceSession) -> None:
        self._session = session
        self.inputs: dict[str, OrtValue] = {}
        self.outputs: dict[str, OrtValue | str] = {}

    def bind_ortvalue_input(self, name: str, value: OrtValue) -> None:
        home = self._session.input_device(name)
        # Copied here and now where the graph wants it elsewhere: later updates of the value are not seen.
        self.inputs[name] = value if value.device == home else OrtValue(value.memory.copy(), home)

    def bind_output(self, name: str, device_type: str = "cpu", device_id: int = 0) -> None:
        self.outputs[name] = device_type

    def bind_ortvalue_output(self, name: str, value: OrtValue) -> None:
        self.outputs[name] = value

    def get_outputs(self) -> list[OrtValue]:
        return [value for value in self.outputs.values() if isinstance(value, OrtValue)]


@dataclass
class Run:
    """One call, as the session saw it."""

    graph: str | None
    replayed: bool


class InferenceSession:
    """Runs a NumPy function; records what the CUDA provider would."""

    def __init__(self, module: FakeOnnxRuntime, providers: list[tuple[str, dict[str, str]]]) -> None:
        self.module = module
        ((self.provider, self.options),) = providers
        self.runs: list[Run] = []
        self.released: list[int] = []
        self._graphs: dict[str, tuple[dict[str, OrtValue], dict[str, OrtValue]]] = {}

    def get_providers(self) -> list[str]:
        return [self.provider, "CPUExecutionProvider"]

    def get_inputs(self) -> list[Described]:
        return [_described(spec) for spec in self.module.component.inputs]

    def get_outputs(self) -> list[Described]:
        return [_described(spec) for spec in self.module.component.outputs]

    def get_input_memory_infos(self) -> list[Described]:
        devices = [self.input_device(spec.name) for spec in self.module.component.inputs]
        return [Described("Cpu" if device == "cpu" else "Cuda") for device in devices]

    def input_device(self, name: str) -> str:
        return "cpu" if self.provider != GPU or name in self.module.on_host else "cuda"

    def io_binding(self) -> IOBinding:
        return IOBinding(self)

    def release_captured_graph(self, graph_annotation_id: int) -> None:
        self.released.append(graph_annotation_id)
        self._graphs.pop(str(graph_annotation_id), None)

    def run_with_iobinding(self, binding: IOBinding, run_options: RunOptions | None = None) -> None:
        records = self.options.get("enable_cuda_graph") == "1"
        # Without a number a run is of graph 0.
        graph = (run_options.entries.get("gpu_graph_id", "0") if run_options else "0") if records else None
        is_recorded = graph not in (None, "-1")
        if is_recorded and graph in self._graphs:
            self.runs.append(Run(graph, replayed=True))
            self._execute(*self._graphs[str(graph)])
            return
        self.runs.append(Run(graph, replayed=False))
        if is_recorded and self.module.cannot_capture:
            raise OrtFail("operation not permitted when stream is capturing")
        outputs = self._fresh(binding)
        if is_recorded:
            assert all(isinstance(value, OrtValue) for value in binding.outputs.values()), "no fixed address"
            assert all(value.device == "cuda" for value in (*binding.inputs.values(), *outputs.values()))
            self._graphs[str(graph)] = dict(binding.inputs), outputs
        self._execute(binding.inputs, outputs)
        binding.outputs.update(outputs)

    def _fresh(self, binding: IOBinding) -> dict[str, OrtValue]:
        """Return the bound outputs, with memory for those that have none yet."""
        inputs = {name: value.memory for name, value in binding.inputs.items()}
        names = [spec.name for spec in self.module.component.inputs]
        if inputs.keys() != set(names):
            raise OrtFail(f"Missing Input: {sorted(set(names) ^ inputs.keys())}")
        outputs = self.module.compute(inputs)
        return {
            name: bound if isinstance(bound, OrtValue) else OrtValue(np.array(outputs[name]), bound)
            for name, bound in binding.outputs.items()
        }

    def _execute(self, inputs: Mapping[str, OrtValue], outputs: Mapping[str, OrtValue]) -> None:
        values = self.module.compute({name: value.memory for name, value in inputs.items()})
        for name, value in outputs.items():
            value.memory[...] = values[name]


@dataclass
class FakeOnnxRuntime:
    """Stands in for the module `onnxruntime` of a machine with a GPU.

    Attributes:
        component: what every loaded graph is.
        compute: what it computes.
        on_host: inputs that the graph reads on the host.
        refuses_capture: whether a session for CUDA graphs is refused, as where a node is on the CPU.
        cannot_capture: whether recording a run fails.
        sessions: all that were opened.
        preloads: how often the libraries of CUDA were preloaded.
        prints: what preloading prints.
    """

    component: Component
    compute: Compute
    on_host: tuple[str, ...] = ()
    refuses_capture: bool = False
    cannot_capture: bool = False
    sessions: list[InferenceSession] = field(default_factory=list)
    preloads: int = 0
    prints: str = ""

    __version__ = "1.32.0"
    OrtValue = OrtValue
    SessionOptions = SessionOptions
    RunOptions = RunOptions

    def get_available_providers(self) -> list[str]:
        return [GPU, "CPUExecutionProvider"]

    def preload_dlls(self) -> None:
        self.preloads += 1
        sys.stdout.write(self.prints)

    @property
    def InferenceSession(self) -> Callable[..., InferenceSession]:  # noqa: N802
        return self._open

    def _open(
        self, model: Any, settings: Any, *, providers: list[Any], enable_fallback: bool
    ) -> InferenceSession:
        assert not enable_fallback, "it would print, and take the CPU"
        session = InferenceSession(self, providers)
        assert self.preloads or session.provider != GPU, "the provider would find no CUDA of pip's"
        if self.refuses_capture and session.options.get("enable_cuda_graph") == "1":
            raise OrtFail("This session cannot use the graph capture feature as requested by the user")
        self.sessions.append(session)
        return session


def _described(spec: TensorSpec) -> Described:
    return Described(spec.name, _TYPES[spec.dtype], spec.shape)
