"""Every form of a graph gives in onnx.reference what it gives in ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

from edge_export.graph_spec import GraphSpec, Lowering
from edge_export.graphs.export_config import export_config
from edge_export.graphs.write import write_graph
from edge_export.quantize.quantization import Quantization
from edge_runtime.arrays import Array
from tests.export.support.graph_cases import Outputs, cases_of, in_onnx_runtime, require_equal, valid_rows
from tests.export.support.reference_operators import REFERENCE_OPERATORS
from tests.export.support.written_graphs import WrittenGraphs

pytestmark = pytest.mark.slow

LOWERINGS: tuple[Lowering, ...] = ("ort", "modern", "legacy")
# Encoder and aligner have eight bits in an int4 bundle.
FORMS = [
    (component, precision)
    for component, precisions in (
        ("encoder", ("fp32", "fp16", "int8")),
        ("decoder", ("fp32", "fp16", "int8", "int4")),
        ("aligner", ("fp32", "fp16", "int8")),
    )
    for precision in precisions
]
TOLERANCES = {"fp32": 2e-5, "fp16": 5e-3, "int8": 5e-3, "int4": 5e-3}
"""Of the largest value of an output, at least of 1: sums in another order, other roundings in half precision.

Activations at eight bits, ONNX Runtime's default in front of dequantised weights, give 1.2e-2.
"""


@pytest.fixture(scope="module")
def rng() -> np.random.Generator:
    return np.random.default_rng(17)


def _write(
    graphs: WrittenGraphs, component: str, precision: str, lowering: Lowering, folder: Path
) -> GraphSpec:
    kind = "aligner" if component == "aligner" else "asr"
    # Without the number of layers no layer is an exception: the two of the tiny checkpoint would both be.
    export = export_config(precision, lowering, kind=kind)
    spec = export.spec(component, graphs.config)
    write_graph(spec, graphs.config, graphs.weights, folder, Quantization(export.plan))
    return spec


def _in_reference(path: Path, cases: list[dict[str, Array]]) -> list[Outputs]:
    evaluator = ReferenceEvaluator(str(path), new_ops=REFERENCE_OPERATORS)
    return [dict(zip(evaluator.output_names, evaluator.run(None, case), strict=True)) for case in cases]


@pytest.mark.parametrize("lowering", LOWERINGS)
@pytest.mark.parametrize(("component", "precision"), FORMS)
def test_onnx_reference_computes_what_onnx_runtime_does(
    component: str,
    precision: str,
    lowering: Lowering,
    tiny_graphs: WrittenGraphs,
    tiny_aligner_graphs: WrittenGraphs,
    rng: np.random.Generator,
    tmp_path: Path,
) -> None:
    graphs = tiny_aligner_graphs if component == "aligner" else tiny_graphs
    spec = _write(graphs, component, precision, lowering, tmp_path)
    path = tmp_path / spec.file_name
    onnx.checker.check_model(str(path))
    cases = cases_of(component, graphs, spec, rng)
    runs = zip(cases, _in_reference(path, cases), in_onnx_runtime(path, cases), strict=True)
    for case, actual, expected in runs:
        require_equal(valid_rows(actual, case), valid_rows(expected, case), TOLERANCES[precision])
