"""Products of activations with matrices: where the inputs of a matrix are seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge_export.quantize.rewrite.weight_only import matrices

if TYPE_CHECKING:
    from collections.abc import Iterator

    import onnx_ir as ir


@dataclass(frozen=True, slots=True)
class Product:
    """One product.

    Attributes:
        node: a `MatMul`.
        matrix: name of the parameter.
        num_inputs: of the matrix.
        comes_first: whether the matrix is the left factor, as a tied table is; activations are columns then.
    """

    node: ir.Node
    matrix: str
    num_inputs: int
    comes_first: bool

    @property
    def activation(self) -> ir.Value:
        """What the matrix is multiplied with."""
        value = self.node.inputs[1 if self.comes_first else 0]
        assert value is not None, f"the product with {self.matrix} has no other side"
        return value


def products(graph: ir.Graph) -> Iterator[Product]:
    """Yield every product with a parameter, in the order of the graph."""
    parameters = {str(parameter.name): parameter for _, parameter in matrices(graph)}
    for node in graph:
        for index, value in enumerate(node.inputs):
            name = "" if value is None else str(value.name)
            if node.op_type != "MatMul" or name not in parameters:
                continue
            shape = parameters[name].shape
            assert shape is not None, f"traced without a shape: {name}"
            yield Product(node, name, int(shape.numpy()[1 - index]), comes_first=index == 0)
