"""Graphs of lowering `legacy` in OpenVINO, which fuses, and narrows integers, as TensorRT may."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge_runtime.arrays import Array
from tests.export.conftest import ROOT
from tests.export.support.graph_cases import Outputs, cases_of, in_onnx_runtime, require_equal
from tests.export.support.written_graphs import WrittenGraphs

openvino = pytest.importorskip("openvino", reason="OpenVINO is not installed; the extra `dev` brings it")
pytestmark = pytest.mark.slow

CHECKPOINTS = {"encoder": "mini", "decoder": "mini", "aligner": "mini-aligner"}
TOLERANCE = 2e-5
"""Of the largest value of an output, at least of 1: sums in another order."""


def _in_openvino(path: Path, cases: list[dict[str, Array]]) -> list[Outputs]:
    # On processors with bfloat16 it would compute in that.
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    compiled = openvino.Core().compile_model(str(path), "CPU", settings)
    return [
        {port.get_any_name(): values for port, values in compiled(case).to_dict().items()} for case in cases
    ]


@pytest.mark.parametrize("component", CHECKPOINTS)
def test_openvino_computes_what_onnx_runtime_does(component: str, tmp_path: Path) -> None:
    checkpoint = ROOT / "engines" / "checkpoints" / CHECKPOINTS[component]
    graphs = WrittenGraphs(checkpoint, tmp_path)
    spec = graphs.spec(component, "legacy", "float32")
    path, cases = graphs.path(spec), cases_of(component, graphs, spec, np.random.default_rng(29))
    for actual, expected in zip(_in_openvino(path, cases), in_onnx_runtime(path, cases), strict=True):
        assert actual.keys() == expected.keys()
        require_equal(actual, expected, TOLERANCE)
