"""Matrices of a traced graph without values: stored as codes, with `DequantizeLinear` after them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import onnx_ir as ir

from edge_export.quantize.grid import Grid
from edge_export.quantize.scheme import BLOCKS, block_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np

    from edge_export.quantize.scheme import QuantizationPlan, Scheme

_AXES: Final[Mapping[tuple[str, int], tuple[int, int | None]]] = {
    ("MatMul", 1): (1, 0),
    # The tied table: the head multiplies it from the left as it is stored, one row a token.
    ("MatMul", 0): (0, 1),
    ("FusedMatMul", 1): (0, 1),
    ("Gather", 0): (0, 1),
    # A convolution has three input axes, so there are no blocks along them.
    ("Conv", 1): (0, None),
}
"""(operator, input) → axis of the outputs, axis of the inputs of a matrix used there."""
_CODES: Final[Mapping[int, ir.DataType]] = {8: ir.DataType.INT8, 4: ir.DataType.INT4}


@dataclass(frozen=True, slots=True)
class StoredMatrix:
    """How one parameter of a graph is stored.

    Attributes:
        grid: of its codes.
        scales: name of the initializer that holds its scales.
        dtype: float type of the scales, that of the graph.
        layout: order of the stored codes: of `DequantizeLinear`, of `pack_matmul_nbits`,
            or a kernel (O, C, 3, 3) as a matrix with its taps first (9 C, O).
        view: name of a second initializer over the same bytes.
    """

    grid: Grid
    scales: str
    dtype: np.dtype[Any]
    layout: Literal["plain", "blobs", "taps"] = "plain"
    view: str | None = None


def insert_dequantizers(model: ir.Model, component: str, plan: QuantizationPlan) -> dict[str, StoredMatrix]:
    """Turn initializers that a plan names into codes, each with one `DequantizeLinear` for all uses.

    A tied table is then stored once, and both its uses see the same values. The gather reads the dequantised
    table: TensorRT refuses codes that any other operator reads.

    Returns:
        Parameter name → how it is stored.
    """
    graph = model.graph
    stored: dict[str, StoredMatrix] = {}
    for node, parameter in list(matrices(graph)):
        name = str(parameter.name)
        assert parameter.shape is not None, f"traced without a shape: {name}"
        shape = tuple(int(size) for size in parameter.shape.numpy())
        grid = grid_for(plan.scheme(component, name), axes_of(node, parameter), shape)
        if grid is not None:
            stored[name] = insert_dequantizer(graph, node, parameter, grid)
    return stored


def matrices(graph: ir.Graph) -> Iterator[tuple[ir.Node, ir.Value]]:
    """Yield every parameter that is a matrix, once, with the first node that uses it."""
    seen: set[str] = set()
    for node in graph:
        for index, value in enumerate(node.inputs):
            if value is None or (node.op_type, index) not in _AXES or str(value.name) in seen:
                continue
            if _is_parameter(value):
                seen.add(str(value.name))
                yield node, value


def _is_parameter(value: ir.Value) -> bool:
    """Return whether a value is a weight (unread, or in the data file), not a small constant."""
    stored = value.const_value
    return value.is_initializer() and (stored is None or isinstance(stored, ir.ExternalTensor))


def axes_of(node: ir.Node, parameter: ir.Value) -> tuple[int, int | None]:
    """Return the axes of outputs and inputs of a matrix, from the node that uses it."""
    return _AXES[node.op_type, list(node.inputs).index(parameter)]


def grid_for(scheme: Scheme, axes: tuple[int, int | None], shape: tuple[int, ...]) -> Grid | None:
    """Return the grid of a matrix, None for one that stays float.

    int4 falls back to int8 where no block divides the inputs: `DequantizeLinear` has no partial
    blocks.
    """
    outputs, inputs = axes
    if scheme.weights in ("float", "half"):
        return None
    is_blocked = scheme.weights == "int8" and scheme.scales == "block"
    if inputs is not None and (scheme.weights == "int4" or is_blocked):
        block = block_for(shape[inputs], BLOCKS[-1] if is_blocked else scheme.block)
        if block is not None:
            return Grid(8 if is_blocked else 4, inputs, block)
    return Grid(8, outputs)


def insert_dequantizer(graph: ir.Graph, first: ir.Node, parameter: ir.Value, grid: Grid) -> StoredMatrix:
    """Put one `DequantizeLinear` between a parameter, now codes, and its uses, `first` being the first."""
    name, float_type = str(parameter.name), parameter.dtype
    assert float_type is not None, f"traced without a type: {name}"
    assert parameter.shape is not None, f"traced without a shape: {name}"
    shape = tuple(int(size) for size in parameter.shape.numpy())
    scales = new_initializer(graph, f"{name}.scales", float_type, grid.scale_shape(shape))
    matrix = ir.Value(name=f"{name}.dequantised", type=ir.TensorType(float_type), shape=ir.Shape(shape))
    ir.convenience.replace_all_uses_with(parameter, matrix)
    block = {} if grid.block is None else {"block_size": grid.block}
    attributes = [ir.AttrInt64(key, value) for key, value in ({"axis": grid.axis} | block).items()]
    node = ir.Node("", "DequantizeLinear", [parameter, scales], attributes, outputs=[matrix])
    graph.insert_before(first, node)
    # A new type: a copy of the graph shares the old one.
    parameter.type = ir.TensorType(_CODES[grid.bits])
    return StoredMatrix(grid, str(scales.name), float_type.numpy())


def new_initializer(graph: ir.Graph, name: str, dtype: ir.DataType, shape: tuple[int, ...]) -> ir.Value:
    """Add an initializer without a value."""
    value = ir.Value(name=name, type=ir.TensorType(dtype), shape=ir.Shape(shape))
    graph.initializers.add(value)
    return value
