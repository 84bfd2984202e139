"""Kernels of ONNX Runtime's CUDA provider, and the nodes of a graph that it would leave to the CPU.

A node on the CPU in the middle of a graph costs two copies in every run, and with one copy the provider
refuses to capture the run as a CUDA graph. So a `cuda` graph uses listed operators only. The provider puts
arithmetic on sizes on the CPU on purpose; the graph keeps it apart from values on the device.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import onnx
import onnx_ir as ir

from edge_runtime.errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NAME: Final = "ort_cuda_operators.json"
_BOOLEAN: Final = frozenset({"GreaterOrEqual", "LessOrEqual"})
_INTEGER: Final = frozenset({"ArgMax", "Shape"})
_SECOND: Final = frozenset({"Where"})
"""Operators whose result has the type of their second input."""
_SCALES: Final = {"com.microsoft::GatherBlockQuantized": 2}
_SMALL: Final = 100
"""Elements up to which the provider takes a constant for arithmetic on sizes."""


@dataclass(frozen=True, slots=True)
class Kernels:
    """Kernels of one operator.

    Attributes:
        versions: ranges of the operator's versions, the last open where its end is None.
        dtypes: allowed for its operands.
        host_inputs: indices of operands that it reads in host memory.
    """

    versions: tuple[tuple[int, int | None], ...]
    dtypes: frozenset[str]
    host_inputs: frozenset[int]

    def supports(self, version: int) -> bool:
        """Return whether a kernel serves a version; an open range covers its first version alone."""
        return any(first == version or (last and first <= version <= last) for first, last in self.versions)


@dataclass(frozen=True, slots=True)
class CudaOperators:
    """The operators of the provider: `DOMAIN::NAME`, or the name alone in the standard domain → kernels."""

    kernels: Mapping[str, Kernels]

    def require(self, model: ir.Model) -> None:
        """Check that a graph runs wholly on the device.

        Raises:
            GraphError: an operator has no kernel, or a value would be copied between host and device.
        """
        problems = self.missing(model) or self.copied(model)
        if problems:
            raise GraphError(
                f"The {model.graph.name} graph would leave the GPU in ONNX Runtime: "
                f"{'; '.join(problems[:3])}. "
                f"Build with a version of torch that edge-asr[export] names."
            )

    def missing(self, model: ir.Model) -> list[str]:
        """Return a sentence for each node without a kernel."""
        dtypes = _dtypes(model)
        return sorted({problem for node in model.graph for problem in self._unsupported(node, model, dtypes)})

    def copied(self, model: ir.Model) -> list[str]:
        """Return a sentence for each value copied between host and device; no operator may be missing."""
        on_host = self._on_host(model)
        return sorted({problem for node in model.graph for problem in self._host_copies(node, on_host)})

    def _unsupported(self, node: ir.Node, model: ir.Model, dtypes: Mapping[str, str]) -> Iterator[str]:
        name = operator_name(node)
        kernels, version = self.kernels.get(name), _version(node, model)
        if kernels is None or not kernels.supports(version):
            yield f"{name} of version {version} has no kernel"
            return
        operands = {dtypes[str(value.name)] for value in node.inputs if value is not None}
        for dtype in operands - kernels.dtypes:
            yield f"{name} has no kernel for {dtype}"

    def _on_host(self, model: ir.Model) -> set[str]:
        """Return names of values in host memory: sizes, and what is computed from sizes and small constants.

        Source: GetCpuPreferredNodes, onnxruntime/core/framework/fallback_cpu_capability.cc.
        """
        on_host: set[str] = set()
        for node in model.graph:
            if operator_name(node) == "Shape" or self._stays_on_host(node, on_host):
                on_host |= {str(value.name) for value in node.outputs}
        return on_host

    def _stays_on_host(self, node: ir.Node, on_host: set[str]) -> bool:
        host_inputs = self.kernels[operator_name(node)].host_inputs
        operands = [(index, value) for index, value in enumerate(node.inputs) if value is not None]
        computed = [(index, value) for index, value in operands if not _is_small(value)]
        if not any(str(value.name) in on_host for _, value in computed):
            return False
        # The provider's rule treats a graph input as present on both sides.
        return all(
            value.is_graph_input() or (str(value.name) in on_host and index not in host_inputs)
            for index, value in computed
        )

    def _host_copies(self, node: ir.Node, on_host: set[str]) -> Iterator[str]:
        runs_on_host = any(str(value.name) in on_host for value in node.outputs) and node.op_type != "Shape"
        host_inputs = self.kernels[operator_name(node)].host_inputs
        for index, value in enumerate(node.inputs):
            if value is None or value.is_initializer() or operator_name(node) == "Shape":
                continue
            needs_host = runs_on_host or index in host_inputs
            if needs_host != (str(value.name) in on_host):
                where = "host" if needs_host else "device"
                yield f"{operator_name(node)} has {value.name!r} copied to the {where}"


def operator_name(node: ir.Node) -> str:
    """Return the key of a node's operator in the list."""
    return f"{node.domain}::{node.op_type}" if node.domain else node.op_type


def _is_small(value: ir.Value) -> bool:
    """Return whether a value is a small constant, which may be in host or device memory."""
    if not value.is_initializer() or value.shape is None:
        return False
    size = 1
    for dim in value.shape.numpy():
        size *= dim
    return size <= _SMALL


def _version(node: ir.Node, model: ir.Model) -> int:
    """Return the version of a node's operator; those that ONNX Runtime adds have one."""
    if node.domain or not onnx.defs.has(node.op_type):
        return 1
    return int(onnx.defs.get_schema(node.op_type, model.opset_imports[""]).since_version)


def _dtypes(model: ir.Model) -> dict[str, str]:
    """Return the type of every value; tracing leaves inner values without one."""
    graph = model.graph
    dtypes = {str(value.name): _dtype_of(value) for value in (*graph.inputs, *graph.initializers.values())}
    for node in graph:
        operands = [dtypes[str(value.name)] for value in node.inputs if value is not None]
        dtypes |= {
            str(value.name): _result(node, index, operands) for index, value in enumerate(node.outputs)
        }
    return dtypes


def _result(node: ir.Node, index: int, operands: list[str]) -> str:
    name = operator_name(node)
    if name == "Cast":
        return ir.DataType(node.attributes["to"].as_int()).numpy().name
    if name in _BOOLEAN:
        return "bool"
    if name in _INTEGER or (name == "TopK" and index == 1):
        return "int64"
    return operands[_SCALES.get(name, 1 if name in _SECOND else 0)]


def _dtype_of(value: ir.Value) -> str:
    assert value.dtype is not None, f"traced without a type: {value.name}"
    return value.dtype.numpy().name


@cache
def cuda_operators() -> CudaOperators:
    """Read the list; the file names its source."""
    listed = json.loads(resources.files("edge_export").joinpath("data", _NAME).read_text("utf-8"))
    return CudaOperators({name: _kernels(entry) for name, entry in listed["operators"].items()})


def _kernels(entry: Mapping[str, Any]) -> Kernels:
    versions = tuple((first, last) for first, last in entry["versions"])
    return Kernels(versions, frozenset(entry["dtypes"]), frozenset(entry.get("host_inputs", ())))
