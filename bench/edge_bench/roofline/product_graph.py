"""ONNX files of one product, to time it alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from edge_bench.roofline.graph_work import Matrix
from edge_runtime.backends.ort.protobuf import encode_field

Feeds = dict[str, npt.NDArray[np.float32] | npt.NDArray[np.uint8]]

_CONTRIB: Final = "com.microsoft"
_FLOAT, _UINT8, _INT8, _FLOAT16 = 1, 2, 3, 10
"""Types of tensors in onnx.proto."""
_IR_VERSION: Final = 8
_OPSET: Final = 21
_INTEGER: Final = 2
"""Type of an attribute that is an integer."""
_ACCURACY: Final = 4
"""Of `MatMulNBits`: activations at eight bits, as bundles have it."""
_SEED: Final = 0


def product_graph(matrix: Matrix, copies: int = 1) -> bytes:
    """Return an ONNX file that multiplies rows `x` with each of some copies of a random matrix."""
    made = [_product(matrix, str(copy)) for copy in range(copies)]
    kind = _UINT8 if _takes_codes(matrix) else _FLOAT
    return _model(
        b"".join(node for node, _ in made),
        _value("x", kind, matrix.inputs),
        [weight for _, weights in made for weight in weights],
        [f"y{copy}" for copy in range(copies)],
    )


def rows_of(matrix: Matrix, count: int) -> Feeds:
    """Return input rows for it."""
    if _takes_codes(matrix):
        return {"x": np.full((count, matrix.inputs), 7, np.uint8)}
    return {"x": np.full((count, matrix.inputs), 0.5, np.float32)}


def chain_graph(width: int, length: int) -> bytes:
    """Return an ONNX file of so many operators in a row, each a product of a few numbers: what one costs."""
    ones = _tensor("w", _FLOAT, np.ones((width,), np.float32))
    names = ["x", *(f"v{index}" for index in range(1, length)), "y"]
    nodes = [_node("Mul", (source, "w"), target) for source, target in pairwise(names)]
    return _model(b"".join(nodes), _value("x", _FLOAT, width), [ones])


def _takes_codes(matrix: Matrix) -> bool:
    return matrix.operator != "MatMulNBits" and matrix.code == "int8"


def _product(matrix: Matrix, copy: str) -> tuple[bytes, list[bytes]]:
    """Return one product and its weights."""
    if matrix.operator == "MatMulNBits":
        return _bits_product(matrix, copy)
    if _takes_codes(matrix):
        return _codes_product(matrix, copy)
    weights = _weights((matrix.inputs, matrix.outputs), np.float32)
    return _node("MatMul", ("x", f"w{copy}"), f"y{copy}"), [_tensor(f"w{copy}", _FLOAT, weights)]


def _bits_product(matrix: Matrix, copy: str) -> tuple[bytes, list[bytes]]:
    bits = 4 if matrix.code == "int4" else 8
    blocks = -(-matrix.inputs // matrix.block)
    codes = _weights((matrix.outputs, blocks, matrix.block * bits // 8), np.uint8)
    scales = np.full((matrix.outputs * blocks,), 0.01, np.float32)
    numbers = {
        "K": matrix.inputs,
        "N": matrix.outputs,
        "bits": bits,
        "block_size": matrix.block,
        "accuracy_level": _ACCURACY,
    }
    inputs = ("x", f"w{copy}", f"s{copy}")
    node = _node("MatMulNBits", inputs, f"y{copy}", domain=_CONTRIB, numbers=numbers)
    return node, [_tensor(f"w{copy}", _UINT8, codes), _tensor(f"s{copy}", _FLOAT, scales)]


def _codes_product(matrix: Matrix, copy: str) -> tuple[bytes, list[bytes]]:
    weights = [
        _tensor(f"w{copy}", _INT8, _weights((matrix.inputs, matrix.outputs), np.int8)),
        _tensor(f"a{copy}", _FLOAT, np.array(0.01, np.float32)),
        _tensor(f"s{copy}", _FLOAT, np.full((matrix.outputs,), 0.01, np.float32)),
        _tensor(f"z{copy}", _UINT8, np.array(128, np.uint8)),
    ]
    inputs = ("x", f"w{copy}", f"a{copy}", f"s{copy}", f"z{copy}")
    return _node("MatMulIntegerToFloat", inputs, f"y{copy}", domain=_CONTRIB), weights


def _weights(shape: tuple[int, ...], kind: type[np.generic]) -> npt.NDArray[np.generic]:
    generator = np.random.default_rng(_SEED)
    if kind is np.float32:
        return generator.standard_normal(shape, np.float32)
    limits = np.iinfo(np.dtype(kind))
    return generator.integers(limits.min, limits.max, shape, np.dtype(kind), endpoint=True)


def _model(nodes: bytes, row: bytes, weights: list[bytes], outputs: Sequence[str] = ("y",)) -> bytes:
    graph = b"".join(
        [
            nodes,
            encode_field(2, b"g"),
            *(encode_field(5, weight) for weight in weights),
            encode_field(11, row),
            *(encode_field(12, encode_field(1, name.encode())) for name in outputs),
        ]
    )
    opsets = [encode_field(8, _number(2, _OPSET))]
    opsets.append(encode_field(8, encode_field(1, _CONTRIB.encode()) + _number(2, 1)))
    return b"".join([_number(1, _IR_VERSION), encode_field(7, graph), *opsets])


def _node(
    operator: str,
    inputs: tuple[str, ...],
    output: str,
    *,
    domain: str = "",
    numbers: dict[str, int] | None = None,
) -> bytes:
    parts = [encode_field(1, name.encode()) for name in inputs]
    parts += [encode_field(2, output.encode()), encode_field(4, operator.encode())]
    for name, value in (numbers or {}).items():
        content = encode_field(1, name.encode()) + _number(3, value) + _number(20, _INTEGER)
        parts.append(encode_field(5, content))
    if domain:
        parts.append(encode_field(7, domain.encode()))
    return encode_field(1, b"".join(parts))


def _tensor(name: str, kind: int, values: npt.NDArray[np.generic]) -> bytes:
    dims = b"".join(_number(1, size) for size in values.shape)
    return dims + _number(2, kind) + encode_field(8, name.encode()) + encode_field(9, values.tobytes())


def _value(name: str, kind: int, width: int) -> bytes:
    """Return what onnx.proto says of an input: rows, any number of them, of a width."""
    rows = encode_field(1, encode_field(2, b"rows"))
    shape = encode_field(2, rows + encode_field(1, _number(1, width)))
    return encode_field(1, name.encode()) + encode_field(2, encode_field(1, _number(1, kind) + shape))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _varint(value: int) -> bytes:
    parts = []
    while value > 0x7F:  # noqa: PLR2004
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])
