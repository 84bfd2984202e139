"""What TensorRT 10.3's parser documents, as a check of a graph file."""

from __future__ import annotations

from pathlib import Path

import onnx
import onnx_ir as ir
from onnx import TensorProto
from onnx.helper import tensor_dtype_to_np_dtype

from edge_export.graphs.parser_operators import oldest_parser

_NAMES = {TensorProto.INT4: "int4"}


def require_parsed(path: Path) -> None:
    """Check the opset, every operator, and the dtype of what each operator reads first."""
    known = oldest_parser()
    known.require(ir.load(path))
    model = onnx.load(path, load_external_data=False)
    actual = dtypes_of(model)
    for node in model.graph.node:
        quantizes = node.op_type in ("QuantizeLinear", "DequantizeLinear")
        read = node.input[:1] if quantizes else node.input
        operands = {actual[name] for name in read if name in actual}
        assert operands <= known.dtypes[node.op_type], f"{node.op_type} takes {operands}"
        # The chart's remark on LayerNormalization; these operators need more.
        assert len(node.output) == 1 or node.op_type in ("Split", "TopK")


def dtypes_of(model: onnx.ModelProto) -> dict[str, str]:
    """Return the dtype of every value by name."""
    graph = onnx.shape_inference.infer_shapes(model, strict_mode=True).graph
    typed = {value.name: value.type.tensor_type.elem_type for value in (*graph.input, *graph.value_info)}
    typed |= {tensor.name: tensor.data_type for tensor in graph.initializer}
    return {name: _NAMES.get(dtype) or tensor_dtype_to_np_dtype(dtype).name for name, dtype in typed.items()}
