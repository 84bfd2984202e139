"""A builder of consecutive nodes and their small constants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import onnx_ir as ir

from edge_export.quantize.rewrite.weight_only import new_initializer

if TYPE_CHECKING:
    from edge_runtime.arrays import Array

CONTRIB: Final = "com.microsoft"
"""Domain of ONNX Runtime's own operators."""


class NodeChain:
    """A growing list of nodes, in order."""

    def __init__(self, graph: ir.Graph, name: str) -> None:
        """Start an empty chain.

        Args:
            graph: receives the constants.
            name: prefix of the names of all values.
        """
        self.nodes: Final[list[ir.Node]] = []
        self._graph: Final = graph
        self._name: Final = name

    def add(
        self,
        operator: str,
        *inputs: ir.Value,
        domain: str = "",
        attributes: list[ir.Attr] | None = None,
    ) -> ir.Value:
        """Add a node with one output and return that."""
        return self.append(ir.Node(domain, operator, inputs, attributes or []))[0]

    def append(self, node: ir.Node) -> tuple[ir.Value, ...]:
        """Add a node and return its outputs, now named."""
        for index, output in enumerate(node.outputs):
            output.name = f"{self._name}/{len(self.nodes)}.{node.op_type}.{index}"
        self.nodes.append(node)
        return tuple(node.outputs)

    def constant(self, name: str, value: float | np.generic | Array) -> ir.Value:
        """Return a constant, float32 if it is a plain number.

        Args:
            name: of the constant, shared by all nodes of the graph.
            value: of the constant.
        """
        if name not in self._graph.initializers:
            array: np.ndarray[Any, Any] = np.asarray(value, np.float32 if isinstance(value, float) else None)
            tensor = ir.tensor(array, name=name)
            added = new_initializer(self._graph, name, tensor.dtype, tuple(array.shape))
            added.const_value = tensor
        return self._graph.initializers[name]

    def integers(self, *values: int) -> ir.Value:
        """Return a constant of int64 numbers, shape (number of values,)."""
        return self.constant("i64_" + "_".join(map(str, values)), np.array(values, np.int64))
