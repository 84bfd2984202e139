"""Quantised graphs of lowering `legacy`: what TensorRT 10.3 parses, and what TensorRT-RTX compiles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto

from edge_export.graph_spec import GraphSpec
from edge_export.graphs.export_config import ExportConfig, export_config
from edge_export.graphs.write import write_graph
from edge_export.quantize.quantization import Quantization
from tests.export.quantize.conftest import CAPACITY, Calibrated
from tests.export.support.parser_rules import require_parsed
from tests.export.support.rtx import Compiler, tensorrt_rtx

TABLE = "language_model.embed_tokens.weight"
GRAPHS = [(precision, name) for precision in ("int8", "int8-w8a8") for name in ("encoder", "decoder")]
GRAPHS += [("int4", "decoder")]


@dataclass(frozen=True, slots=True)
class LegacyGraphs:
    """Graphs in one folder for each precision."""

    specs: Mapping[tuple[str, str], GraphSpec]
    folder: Path

    def path(self, precision: str, name: str) -> Path:
        return self.folder / precision / self.specs[precision, name].file_name

    def load(self, precision: str, name: str) -> onnx.ModelProto:
        return onnx.load(self.path(precision, name), load_external_data=False)


@pytest.fixture(scope="module")
def legacy(calibrated: Calibrated, tmp_path_factory: pytest.TempPathFactory) -> LegacyGraphs:
    checkpoint, folder = calibrated.checkpoint, tmp_path_factory.mktemp("legacy")
    specs: dict[tuple[str, str], GraphSpec] = {}
    for precision, name in GRAPHS:
        plain = export_config(precision, "legacy")
        export = ExportConfig(precision, plain.components, "float16", "legacy", CAPACITY)
        calibration = {"calibration": calibrated.calibration} if precision == "int8-w8a8" else {}
        specs[precision, name] = spec = export.spec(name, checkpoint.config)
        (folder / precision).mkdir(exist_ok=True)
        quantization = Quantization(export.plan, **calibration)
        write_graph(spec, checkpoint.config, checkpoint.weights, folder / precision, quantization)
    return LegacyGraphs(specs, folder)


@pytest.mark.parametrize(("precision", "name"), GRAPHS)
def test_a_quantized_graph_stays_inside_what_tensorrt_10_3_documents(
    legacy: LegacyGraphs, precision: str, name: str
) -> None:
    path = legacy.path(precision, name)
    onnx.checker.check_model(str(path), full_check=True)
    require_parsed(path)
    model = legacy.load(precision, name)
    assert [(each.domain, each.version) for each in model.opset_import] == [
        ("", 21 if precision == "int4" else 19)
    ]


@pytest.mark.parametrize(("precision", "name"), GRAPHS)
def test_matrices_are_codes_with_float16_scales_and_products(
    legacy: LegacyGraphs, precision: str, name: str
) -> None:
    graph = legacy.load(precision, name).graph
    stored = {each.name: each for each in graph.initializer}
    read = [node for node in graph.node if node.op_type == "DequantizeLinear" and node.input[0] in stored]
    assert len(read) > 8
    for node in read:
        codes, scales = (stored[value] for value in node.input)  # no zero point
        is_int4 = precision == "int4" and codes.name != TABLE
        assert codes.data_type == (TensorProto.INT4 if is_int4 else TensorProto.INT8)
        assert scales.data_type == TensorProto.FLOAT16
        attributes = {attribute.name: attribute.i for attribute in node.attribute}
        if is_int4:
            assert attributes["block_size"] == 128
            assert list(scales.dims) == [codes.dims[0] // 128, codes.dims[1]]
        else:
            assert list(scales.dims) == [codes.dims[attributes["axis"]]], "one scale for each output"


def test_four_bits_leave_the_table_at_eight(legacy: LegacyGraphs) -> None:
    codes = Counter(
        each.data_type
        for each in legacy.load("int4", "decoder").graph.initializer
        if each.data_type in (TensorProto.INT4, TensorProto.INT8)
    )
    assert codes[TensorProto.INT8] == 1
    assert codes[TensorProto.INT4] == 2 * 4


@pytest.mark.slow
@pytest.mark.parametrize(("precision", "name"), GRAPHS)
def test_a_quantized_graph_compiles_for_ampere_and_ada(
    legacy: LegacyGraphs, precision: str, name: str
) -> None:
    tensorrt_rtx()
    compiler = Compiler()
    for generation in ("SM86", "SM89"):
        network = compiler.parse(legacy.path(precision, name))
        assert compiler.compile(network, legacy.specs[precision, name], generation)
