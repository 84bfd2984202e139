"""A graph that also gives the inputs of its products, and a session that hands them to an observer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import onnx_ir as ir

from edge_export.calibration.products import products
from edge_runtime.bundle.specs import Component, TensorSpec

if TYPE_CHECKING:
    from pathlib import Path

    from edge_export.calibration.products import Product
    from edge_export.graph_spec import GraphSpec
    from edge_runtime.arrays import Array
    from edge_runtime.backends.session import Binding, DeviceTensor, Session

Observer = Callable[[str, "Array"], None]
"""Called with the name of a matrix and rows of its input, shape (rows, num_inputs)."""

_PREFIX: Final = "observed/"


def observed_path(spec: GraphSpec, directory: Path) -> Path:
    """Return where `write_observed_graph` writes."""
    return directory / f"{spec.name}.observed.onnx"


def write_observed_graph(spec: GraphSpec, directory: Path, names: Collection[str]) -> Component:
    """Write a float graph again with the inputs of products as further outputs, over the same weights.

    Args:
        spec: the graph's signature.
        directory: holds the float graph.
        names: matrices whose products are observed.

    Returns:
        The description of what was written.
    """
    model = ir.load(directory / spec.file_name)
    graph = model.graph
    exposed = [_expose(graph, product) for product in list(products(graph)) if product.matrix in names]
    observed_path(spec, directory).write_bytes(ir.to_proto(model).SerializeToString(deterministic=True))
    component = spec.component("fp32")
    fields = {name: getattr(component, name) for name in component.__struct_fields__}
    return Component(**fields | {"outputs": (*component.outputs, *exposed)})


def _expose(graph: ir.Graph, product: Product) -> TensorSpec:
    """Add the input of a product, as rows, to the outputs."""
    name, num_inputs = product.matrix, product.num_inputs
    shape = ir.tensor(np.array([-1, num_inputs], np.int64), name=f"{name}.rows_shape")
    constant = ir.Value(
        name=shape.name,
        type=ir.TensorType(shape.dtype),
        shape=ir.Shape(shape.shape.numpy()),
        const_value=shape,
    )
    graph.initializers.add(constant)
    rows = ir.Node("", "Reshape", [_as_rows(graph, product), constant])
    output = rows.outputs[0]
    output.name, output.type = _PREFIX + name, ir.TensorType(ir.DataType.FLOAT)
    output.shape = ir.Shape((f"{name}.rows", num_inputs))
    graph.insert_before(product.node, rows)
    graph.outputs.append(output)
    return TensorSpec(name=_PREFIX + name, dtype="float32", shape=("rows", num_inputs))


def _as_rows(graph: ir.Graph, product: Product) -> ir.Value:
    """Return the activation of a product with the inputs on its last axis."""
    if not product.comes_first:
        return product.activation
    transposed = ir.Node("", "Transpose", [product.activation], [ir.AttrInt64s("perm", [1, 0])])
    transposed.outputs[0].name = f"{product.matrix}.columns"
    graph.insert_before(product.node, transposed)
    return transposed.outputs[0]


class ObservedSession:
    """A session over an observed graph; the extra outputs go to the observer and not to the caller."""

    def __init__(self, session: Session, observe: Observer) -> None:
        self._session: Final = session
        self._observe: Final = observe

    @property
    def component(self) -> Component:
        """Description of the observed graph."""
        return self._session.component

    def allocate(self, name: str, dims: Mapping[str, int], fill: int = 0) -> DeviceTensor:
        """Allocate memory; see `Session.allocate`."""
        return self._session.allocate(name, dims, fill)

    def allocate_block(
        self, names: Sequence[str], dims: Mapping[str, int], fill: int = 0
    ) -> Mapping[str, DeviceTensor]:
        """Allocate memory for inputs of one shape; see `Session.allocate_block`."""
        return self._session.allocate_block(names, dims, fill)

    def relayout(
        self, tensors: Mapping[str, DeviceTensor], dims: Mapping[str, int], num_rows: int
    ) -> Mapping[str, DeviceTensor]:
        """Lay caches out for another capacity; see `Session.relayout`."""
        return self._session.relayout(tensors, dims, num_rows)

    def slice(self, tensor: DeviceTensor, first: int, count: int) -> DeviceTensor:
        """Return some sequences of a tensor; see `Session.slice`."""
        return self._session.slice(tensor, first, count)

    def bind(self, tensors: Mapping[str, DeviceTensor], on_device: Collection[str] = ()) -> Binding:
        """Fix inputs and outputs; see `Session.bind`."""
        return _ObservedBinding(self._session.bind(tensors, on_device), self._observe)


class _ObservedBinding:
    def __init__(self, binding: Binding, observe: Observer) -> None:
        self._binding: Final = binding
        self._observe: Final = observe

    def run(self, feeds: Mapping[str, Array], *, more_follow: bool = False) -> Mapping[str, Array]:
        outputs = self._binding.run(feeds, more_follow=more_follow)
        for name, rows in outputs.items():
            if name.startswith(_PREFIX):
                self._observe(name.removeprefix(_PREFIX), rows)
        return outputs

    def append_rows(self, source: str, targets: Sequence[str], starts: Sequence[int]) -> None:
        self._binding.append_rows(source, targets, starts)
