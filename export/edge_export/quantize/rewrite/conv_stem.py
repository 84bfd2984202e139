"""The convolutions of an encoder for a CPU: integer products, one second of audio at a time.

The maps of a whole window take 49 MB at the 0.6B shapes, and every operator reads and writes them in memory.
The maps of one second stay in the processor's caches. `Scan` iterates over seconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import onnx_ir as ir

from edge_export.quantize.grid import Grid
from edge_export.quantize.rewrite.node_chain import NodeChain
from edge_export.quantize.rewrite.patch_product import PatchProduct, patches
from edge_export.quantize.rewrite.weight_only import StoredMatrix, new_initializer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge_export.quantize.scheme import QuantizationPlan

_GEOMETRY: Final = {"strides": [2, 2], "pads": [1, 1, 1, 1]}
"""Attributes of the convolutions that can be rewritten."""
_KERNEL: Final = (3, 3)
"""Their kernels: the attribute `kernel_shape` is optional, and torch's exporter leaves it out at times."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """A convolution and the GELU behind it."""

    conv: ir.Node
    gelu: ir.Node

    @property
    def kernel(self) -> ir.Value:
        """Shape (O, C, 3, 3)."""
        return _required_input(self.conv, 1)

    @property
    def bias(self) -> ir.Value:
        """Shape (O,)."""
        return _required_input(self.conv, 2)


def insert_conv_stem(model: ir.Model, component: str, plan: QuantizationPlan) -> dict[str, StoredMatrix]:
    """Replace the convolutions of a graph if a plan quantises one after the first.

    The first stays float: it has nine products a value, and its input is not the output of a GELU.

    Args:
        model: a traced graph; one without convolutions stays as it is.
        component: its name in the plan.
        plan: how each kernel is stored.

    Returns:
        Parameter name → how it is stored.
    """
    layers = list(_layers(model.graph))
    schemes = [plan.scheme(component, str(layer.kernel.name)) for layer in layers[1:]]
    if all(scheme.weights == "float" for scheme in schemes):
        return {}
    stem = _Stem(model.graph)
    stem.float_layer(layers[0])
    for layer, scheme in zip(layers[1:], schemes, strict=True):
        if scheme.weights == "float":
            stem.float_layer(layer)
        else:
            stem.code_layer(layer, is_int16=scheme.activations == "int16")
    stem.replace(layers)
    return stem.stored


class _Stem:
    """The body of a `Scan` over seconds, layer by layer; maps are (H, W, C)."""

    def __init__(self, graph: ir.Graph) -> None:
        self.stored: Final[dict[str, StoredMatrix]] = {}
        self._graph: Final = graph
        self._weights: Final = NodeChain(graph, "stem_weights")
        self._body: Final = NodeChain(graph, "stem")
        self._second: Final = ir.Value(name="stem/second", type=ir.TensorType(ir.DataType.FLOAT))
        self._map = _transposed(self._body, self._second, 1, 2, 0)

    def float_layer(self, layer: _Layer) -> None:
        """Convolve with a float kernel, which constant folding turns into a matrix (9 C, O) at load time."""
        shape = self._weights.integers(-1, _shape(layer.kernel)[0])
        matrix = self._weights.add("Reshape", _transposed(self._weights, layer.kernel, 2, 3, 1, 0), shape)
        rows = patches(self._body, self._map, self._body.constant("zero", 0.0))
        self._activate(self._body.add("MatMul", rows, matrix), layer)

    def code_layer(self, layer: _Layer, *, is_int16: bool) -> None:
        """Convolve with a kernel of codes, stored as a matrix (9 C, O)."""
        kernel, (outputs, *inputs) = layer.kernel, _shape(layer.kernel)
        float_type = kernel.dtype
        assert float_type is not None, f"traced without a type: {kernel.name}"
        scales = new_initializer(self._graph, f"{kernel.name}.scales", float_type, (outputs,))
        # New objects: a copy of the graph shares the old ones.
        kernel.type, kernel.shape = ir.TensorType(ir.DataType.INT8), ir.Shape((math.prod(inputs), outputs))
        product = PatchProduct(self._body, kernel, scales)
        self._activate(
            product.multiply_int16(self._map) if is_int16 else product.multiply_int8(self._map), layer
        )
        grid = Grid(8, axis=0)
        self.stored[str(kernel.name)] = StoredMatrix(grid, str(scales.name), float_type.numpy(), "taps")

    def replace(self, layers: list[_Layer]) -> None:
        """Replace the layers by a `Scan`."""
        seconds, result = _required_input(layers[0].conv, 0), layers[-1].gelu.outputs[0]
        result_of_second = _transposed(self._body, self._map, 2, 0, 1)
        body = ir.Graph([self._second], [result_of_second], nodes=self._body.nodes)
        for name in self.stored:
            # Where processors need other codes, ONNX Runtime converts those that lie beside their product.
            body.initializers.add(self._graph.initializers.pop(name))
        attributes = [ir.AttrInt64("num_scan_inputs", 1), ir.AttrGraph("body", body)]
        body.name = "second"
        scan = ir.Node("", "Scan", [seconds], attributes)
        new = scan.outputs[0]
        new.name, new.type, new.shape = result.name, result.type, result.shape
        ir.convenience.replace_all_uses_with(result, new, replace_graph_outputs=True)
        self._graph.insert_before(layers[0].conv, [*self._weights.nodes, scan])
        self._graph.remove([node for layer in layers for node in (layer.conv, layer.gelu)], safe=True)

    def _activate(self, products: ir.Value, layer: _Layer) -> None:
        self._map = self._body.add("Gelu", self._body.add("Add", products, layer.bias))


def _layers(graph: ir.Graph) -> Iterator[_Layer]:
    for node in graph:
        if node.op_type == "Conv":
            geometry = {name: list(node.attributes[name].as_ints()) for name in _GEOMETRY}
            assert geometry == _GEOMETRY, f"a convolution of another geometry: {geometry}"
            ((gelu, _),) = node.outputs[0].uses()
            assert gelu.op_type == "Gelu", f"behind a convolution comes {gelu.op_type}"
            layer = _Layer(node, gelu)
            assert _shape(layer.kernel)[2:] == _KERNEL, f"a kernel of another shape: {_shape(layer.kernel)}"
            yield layer


def _transposed(chain: NodeChain, x: ir.Value, *axes: int) -> ir.Value:
    return chain.add("Transpose", x, attributes=[ir.AttrInt64s("perm", axes)])


def _required_input(node: ir.Node, index: int) -> ir.Value:
    value = node.inputs[index]
    assert value is not None, f"{node.op_type} has an input {index}"
    return value


def _shape(value: ir.Value) -> tuple[int, ...]:
    assert value.shape is not None, f"traced without a shape: {value.name}"
    return tuple(int(size) for size in value.shape.numpy())
