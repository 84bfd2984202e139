"""What a graph multiplies with: its weight matrices, from the ONNX file itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from edge_runtime.backends.ort.protobuf import LENGTH_DELIMITED, Field, fields
from edge_runtime.errors import GraphError

Code = Literal["fp32", "fp16", "bf16", "int8", "int4"]

_BITS: Final[Mapping[Code, int]] = {"fp32": 32, "fp16": 16, "bf16": 16, "int8": 8, "int4": 4}
_TYPES: Final[Mapping[int, Code]] = {
    1: "fp32", 2: "int8", 3: "int8", 10: "fp16", 16: "bf16", 21: "int4", 22: "int4",
}  # fmt: skip
"""Types of tensors in onnx.proto that matrices have."""
_GRAPH: Final = 7
_NODE, _INITIALIZER = 1, 5
_INPUT, _OUTPUT, _OPERATOR, _ATTRIBUTE = 1, 2, 4, 5
_ATTRIBUTE_NAME, _INTEGER = 1, 3
_DIMS, _TYPE, _NAME = 1, 2, 8
"""Numbers of fields in onnx.proto, of a model, a graph, a node, an attribute and a tensor."""
_PRODUCTS: Final = ("MatMul", "Gemm", "FusedMatMul", "MatMulNBits", "MatMulIntegerToFloat", "MatMulInteger")
_DEQUANTIZE: Final = "DequantizeLinear"


@dataclass(frozen=True, slots=True)
class Matrix:
    """A weight matrix of a product.

    Attributes:
        operator: that multiplies with it, as ONNX names it.
        code: of its weights.
        inputs: length of a row that it multiplies.
        outputs: length of the result.
        block: inputs that share a scale; 0 for one scale an output.
    """

    operator: str
    code: Code
    inputs: int
    outputs: int
    block: int = 0

    @property
    def num_weights(self) -> int:
        """How many weights it has; a product takes two operations with each for a row."""
        return self.inputs * self.outputs

    @property
    def num_bytes(self) -> float:
        """What a product reads: codes, and scales in float32 where blocks have some."""
        scales = 4 * self.num_weights / self.block if self.block else 0.0
        return self.num_weights * _BITS[self.code] / 8 + scales


@dataclass(frozen=True, slots=True)
class GraphWork:
    """The products of one run of a graph, and how many operators it has beside them."""

    matrices: tuple[Matrix, ...]
    num_others: int


class _Node(NamedTuple):
    operator: str
    inputs: list[str]
    outputs: list[str]
    numbers: dict[str, int]


class _Tensor(NamedTuple):
    dims: list[int]
    kind: int


def read_graph_work(data: bytes) -> GraphWork:
    """Read an ONNX file.

    Raises:
        GraphError: it is none.
    """
    try:
        graphs = [each for each in fields(data, 0, len(data)) if each.number == _GRAPH]
        parts = [part for graph in graphs for part in fields(data, graph.content, graph.end)]
        nodes = [_node(data, part) for part in parts if part.number == _NODE]
        tensors = dict(_tensor(data, part) for part in parts if part.number == _INITIALIZER)
    except (ValueError, UnicodeDecodeError) as error:
        raise GraphError(f"Not a readable ONNX graph ({error}). Rebuild the bundle.") from error
    return _work(nodes, tensors)


def _work(nodes: list[_Node], tensors: Mapping[str, _Tensor]) -> GraphWork:
    weights = dict(tensors)
    blocks: dict[str, int] = {}
    num_others = 0
    matrices = []
    for node in nodes:
        if node.operator == _DEQUANTIZE and node.inputs[0] in weights:
            # The product behind it reads the codes: ONNX Runtime makes one operator of both.
            weights[node.outputs[0]] = weights[node.inputs[0]]
            blocks[node.outputs[0]] = node.numbers.get("block_size", 0)
            continue
        weight = weights.get(node.inputs[1]) if len(node.inputs) > 1 else None
        if node.operator in _PRODUCTS and weight is not None:
            matrices.append(_matrix(node, weight, blocks.get(node.inputs[1], 0)))
        else:
            num_others += 1
    return GraphWork(tuple(matrices), num_others)


def _matrix(node: _Node, weight: _Tensor, block: int) -> Matrix:
    numbers = node.numbers
    if node.operator == "MatMulNBits":
        code: Code = "int4" if numbers.get("bits", 4) == 4 else "int8"  # noqa: PLR2004
        return Matrix(node.operator, code, numbers["K"], numbers["N"], numbers["block_size"])
    is_turned = numbers.get("transB", 0) == 1
    inputs, outputs = weight.dims[::-1] if is_turned else weight.dims
    return Matrix(node.operator, _TYPES[weight.kind], inputs, outputs, block)


def _node(data: bytes, part: Field) -> _Node:
    node = _Node("", [], [], {})
    for each in fields(data, part.content, part.end):
        if each.number == _INPUT:
            node.inputs.append(_text(data, each))
        elif each.number == _OUTPUT:
            node.outputs.append(_text(data, each))
        elif each.number == _OPERATOR:
            node = node._replace(operator=_text(data, each))
        elif each.number == _ATTRIBUTE:
            parts = list(fields(data, each.content, each.end))
            names = [_text(data, one) for one in parts if one.number == _ATTRIBUTE_NAME]
            node.numbers.update(
                (name, one.value) for name in names for one in parts if one.number == _INTEGER
            )
    return node


def _tensor(data: bytes, part: Field) -> tuple[str, _Tensor]:
    name, tensor = "", _Tensor([], 0)
    for each in fields(data, part.content, part.end):
        if each.number == _DIMS:
            tensor.dims.extend(_integers(data, each))
        elif each.number == _TYPE:
            tensor = tensor._replace(kind=each.value)
        elif each.number == _NAME:
            name = _text(data, each)
    return name, tensor


def _integers(data: bytes, each: Field) -> Iterator[int]:
    """Yield the integers of a field, packed or not."""
    if each.kind != LENGTH_DELIMITED:
        yield each.value
        return
    value, shift = 0, 0
    for byte in data[each.content : each.end]:
        value |= (byte & 0x7F) << shift
        shift = shift + 7 if byte & 0x80 else 0
        if not byte & 0x80:
            yield value
            value = 0


def _text(data: bytes, each: Field) -> str:
    return data[each.content : each.end].decode()
