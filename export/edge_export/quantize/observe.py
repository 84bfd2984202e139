"""A graph that also gives the inputs of its products, and a session that hands them to an observer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import onnx_ir as ir

from edge_export.quantize.static import calibrated_inputs
from edge_export.quantize.weight_only import matrices
from edge_runtime.manifest import Component, TensorSpec

if TYPE_CHECKING:
    from pathlib import Path

    from edge_export.graphs import GraphSpec
    from edge_export.quantize.scheme import QuantisationPlan
    from edge_runtime.arrays import Array
    from edge_runtime.session import Binding, DeviceTensor, Session

Observer = Callable[[str, "Array"], None]
"""Called with the name of a matrix and rows of its input, shape (rows, num_inputs)."""

_PREFIX: Final = "observed/"


def observed_path(spec: GraphSpec, directory: Path) -> Path:
    """Return where `write_observed_graph` writes."""
    return directory / f"{spec.name}.observed.onnx"


def write_observed_graph(spec: GraphSpec, directory: Path, plan: QuantisationPlan) -> Component:
    """Write a float graph again with the inputs of products as further outputs, over the same weights.

    Args:
        spec: the graph's signature.
        directory: holds the float graph.
        plan: names the products, those whose activations it quantises.

    Returns:
        The description of what was written.
    """
    model = ir.load(directory / spec.file_name)
    graph = model.graph
    found = []
    for node, name in list(calibrated_inputs(graph, spec.name, plan)):
        matrix = next(value for _, value in matrices(graph) if value.name == name)
        assert matrix.shape is not None, f"written without a shape: {name}"
        found.append(_expose(graph, node, name, int(matrix.shape.numpy()[0])))
    observed_path(spec, directory).write_bytes(ir.to_proto(model).SerializeToString(deterministic=True))
    component = spec.component("fp32")
    fields = {name: getattr(component, name) for name in component.__struct_fields__}
    return Component(**fields | {"outputs": (*component.outputs, *found)})


def _expose(graph: ir.Graph, node: ir.Node, name: str, num_inputs: int) -> TensorSpec:
    """Add the input of a product, as rows, to the outputs."""
    shape = ir.tensor(np.array([-1, num_inputs], np.int64), name=f"{name}.rows_shape")
    constant = ir.Value(
        name=shape.name,
        type=ir.TensorType(shape.dtype),
        shape=ir.Shape(shape.shape.numpy()),
        const_value=shape,
    )
    graph.initializers.add(constant)
    rows = ir.Node("", "Reshape", [node.inputs[0], constant])
    output = rows.outputs[0]
    output.name, output.type = _PREFIX + name, ir.TensorType(ir.DataType.FLOAT)
    output.shape = ir.Shape((f"{name}.rows", num_inputs))
    graph.insert_before(node, rows)
    graph.outputs.append(output)
    return TensorSpec(name=_PREFIX + name, dtype="float32", shape=("rows", num_inputs))


class ObservedSession:
    """A session over an observed graph; its users see nothing of the further outputs."""

    def __init__(self, session: Session, observe: Observer) -> None:
        self._session: Final = session
        self._observe: Final = observe

    @property
    def component(self) -> Component:
        """What was written."""
        return self._session.component

    def allocate(self, name: str, dims: Mapping[str, int], fill: int = 0) -> DeviceTensor:
        """Allocate memory; see `Session.allocate`."""
        return self._session.allocate(name, dims, fill)

    def part(self, tensor: DeviceTensor, first: int, count: int) -> DeviceTensor:
        """Return some sequences of a tensor; see `Session.part`."""
        return self._session.part(tensor, first, count)

    def bind(self, tensors: Mapping[str, DeviceTensor], kept: Collection[str] = ()) -> Binding:
        """Fix inputs and outputs; see `Session.bind`."""
        return _ObservedBinding(self._session.bind(tensors, kept), self._observe)


class _ObservedBinding:
    def __init__(self, binding: Binding, observe: Observer) -> None:
        self._binding: Final = binding
        self._observe: Final = observe

    def run(self, feeds: Mapping[str, Array]) -> Mapping[str, Array]:
        outputs = self._binding.run(feeds)
        for name, rows in outputs.items():
            if name.startswith(_PREFIX):
                self._observe(name.removeprefix(_PREFIX), rows)
        return outputs

    def append_rows(self, source: str, target: str, starts: Sequence[int]) -> None:
        self._binding.append_rows(source, target, starts)
