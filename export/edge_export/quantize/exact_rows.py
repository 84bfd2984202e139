"""Matrices of an `ort` graph whose input stays float: codes in short blocks, multiplied by a float kernel.

For the few that lose too much when rows of their input become codes (`edge_export.quantize.contrib`). They
are as small in the file, and a product takes about as long as one of float32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import onnx_ir as ir

from edge_export.quantize.quantised import Grid
from edge_export.quantize.scheme import block_for
from edge_export.quantize.static import is_linear
from edge_export.quantize.weight_only import StoredMatrix, matrices, new_initializer

if TYPE_CHECKING:
    from edge_export.quantize.scheme import QuantisationPlan

BLOCK: Final = 32
"""Codes under one scale: the shortest block that the kernel takes has the least error, for 4 bytes in 32."""
_FLOAT_COMPUTE: Final = 1
"""`accuracy_level` of MatMulNBits: activations in float32."""


def insert_float_products(model: ir.Model, component: str, plan: QuantisationPlan) -> dict[str, StoredMatrix]:
    """Replace the products that a plan wants float, before all others are replaced.

    Returns:
        Parameter name → how it is stored.
    """
    graph = model.graph
    stored: dict[str, StoredMatrix] = {}
    for node, parameter in list(matrices(graph)):
        name = str(parameter.name)
        scheme = plan.scheme(component, name)
        if scheme.weights == "int8" and scheme.products == "float" and is_linear(node, parameter):
            assert parameter.shape is not None, f"traced without a shape: {name}"
            num_inputs, num_outputs = (int(size) for size in parameter.shape.numpy())
            block = block_for(num_inputs, BLOCK)
            if block is not None:
                stored[name] = _replace(graph, node, parameter, (num_inputs, num_outputs), block)
    return stored


def _replace(
    graph: ir.Graph, node: ir.Node, parameter: ir.Value, shape: tuple[int, int], block: int
) -> StoredMatrix:
    """Write x W, W (K, N), with a kernel that reads the blocks of W^T."""
    name, float_type = str(parameter.name), parameter.dtype
    assert float_type is not None, f"traced without a type: {name}"
    num_inputs, num_outputs = shape
    scales = new_initializer(graph, f"{name}.scales", float_type, (num_outputs, num_inputs // block))
    # New objects: a copy of the graph shares the old ones.
    parameter.type = ir.TensorType(ir.DataType.UINT8)
    parameter.shape = ir.Shape((num_outputs, num_inputs // block, block))
    sizes = {"K": num_inputs, "N": num_outputs, "bits": 8, "block_size": block}
    attributes = [
        ir.AttrInt64(key, value) for key, value in (sizes | {"accuracy_level": _FLOAT_COMPUTE}).items()
    ]
    product = ir.Node("com.microsoft", "MatMulNBits", [node.inputs[0], parameter, scales], attributes)
    old, new = node.outputs[0], product.outputs[0]
    new.name, new.type, new.shape = old.name, old.type, old.shape
    ir.convenience.replace_all_uses_with(old, new, replace_graph_outputs=True)
    graph.insert_before(node, product)
    graph.remove(node, safe=True)
    return StoredMatrix(Grid(8, 0, block), str(scales.name), float_type.numpy(), in_blobs=True)
