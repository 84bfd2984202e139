"""Graphs for ONNX Runtime on CPUs load on the oldest supported release: 1.23, the last for Python 3.10."""

from __future__ import annotations

from pathlib import Path

import onnx_ir as ir
import pytest

from edge_export.graphs.export_config import export_config
from edge_export.graphs.write import write_graph
from edge_export.quantize.quantization import Quantization
from edge_runtime.bundle.manifest import Kind
from tests.export.support.written_graphs import WrittenGraphs

NEWEST_OPSET = 23
"""Of ONNX Runtime 1.23."""
MISSING = {("", "QuantizeLinear"), ("", "DequantizeLinear"), ("", "TensorScatter")}
"""Operators without a kernel there for the opset."""


@pytest.mark.parametrize("name", ["encoder", "decoder", "aligner"])
@pytest.mark.parametrize("precision", ["fp32", "int8", "int4"])
def test_default_graphs_for_cpus_need_no_release_after_1_23(
    tiny_graphs: WrittenGraphs, tiny_aligner_graphs: WrittenGraphs, precision: str, name: str, tmp_path: Path
) -> None:
    kind: Kind = "aligner" if name == "aligner" else "asr"
    source = tiny_aligner_graphs if name == "aligner" else tiny_graphs
    export = export_config(precision, kind=kind, num_layers=source.config.text.num_layers)
    spec = export.spec(name, source.config)
    write_graph(spec, source.config, source.weights, tmp_path, Quantization(export.plan))
    model = ir.load(tmp_path / spec.file_name)
    assert model.opset_imports[""] == NEWEST_OPSET == spec.opset
    kinds = {(node.domain, node.op_type) for graph in model.graphs() for node in graph}
    assert kinds & MISSING == set()
