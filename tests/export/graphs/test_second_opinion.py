"""Every form of a graph gives in onnx.reference what it gives in ONNX Runtime."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx.reference import ReferenceEvaluator

from edge_export.checkpoint.config import ModelConfig
from edge_export.graph_spec import GraphSpec, Lowering
from edge_export.graphs.export_config import export_config
from edge_export.graphs.write import write_graph
from edge_export.quantize.quantization import Quantization
from edge_runtime.arrays import Array
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
CAPACITY, POISON = 24, 58.6
Outputs = Mapping[str, Array]


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


def _encoder_cases(rng: np.random.Generator) -> list[dict[str, Array]]:
    mel = rng.standard_normal((2, 128, 200)).astype(np.float32)
    mask = np.ones((2, 26), bool)
    mel[1, :, 150:], mask[1, 20:] = 0, False
    return [{"mel_windows": mel, "key_mask": mask}]


def _decoder_cases(config: ModelConfig, spec: GraphSpec, rng: np.random.Generator) -> list[dict[str, Array]]:
    """A piece of a prompt behind rows that are valid, and a step of two sequences of unequal length."""
    cases = []
    for count, lengths in ((6, [5]), (1, [3, 9])):
        batch = len(lengths)
        last = np.full(batch, count - 1, np.int64)
        named: dict[str, Array] = {
            "input_ids": rng.integers(0, config.text.vocab_size, (batch, count)),
            "audio_index": np.full((batch, count), -1, np.int64),
            "audio_embeds": rng.standard_normal((3, config.text.hidden_size)).astype(np.float32),
            "cache_len": np.array(lengths, np.int64),
            "last_index": last[:, None],
        }
        named["audio_index"][0, : count // 2] = np.arange(count // 2)
        cases.append(named | _cache(spec, lengths, rng))
    return cases


def _cache(spec: GraphSpec, lengths: list[int], rng: np.random.Generator) -> dict[str, Array]:
    """Rows behind the valid ones are poisoned."""
    caches = {}
    for tensor in spec.inputs:
        if tensor.name.startswith("past"):
            shape = (len(lengths), tensor.shape[1], CAPACITY, tensor.shape[3])
            cache = rng.standard_normal(shape).astype(tensor.dtype)
            for row, length in enumerate(lengths):
                cache[row, :, length:] = POISON
            caches[tensor.name] = cache
    return caches


def _aligner_cases(config: ModelConfig, rng: np.random.Generator) -> list[dict[str, Array]]:
    audio_index = np.full((1, 12), -1, np.int64)
    audio_index[0, 2:6] = np.arange(4)
    return [
        {
            "input_ids": rng.integers(0, config.text.vocab_size, (1, 12)),
            "audio_index": audio_index,
            "audio_embeds": rng.standard_normal((4, config.text.hidden_size)).astype(np.float32),
            "slot_index": np.array([[7, 8, 11]], np.int64),
        }
    ]


def _in_onnx_runtime(path: Path, cases: list[dict[str, Array]]) -> list[Outputs]:
    options = ort.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 3, 1
    # As the runtime sets it: products of dequantised weights are those of floats.
    options.add_session_config_entry("session.qdq_matmulnbits_accuracy_level", "1")
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return [dict(zip(names, session.run(None, case), strict=True)) for case in cases]


def _in_reference(path: Path, cases: list[dict[str, Array]]) -> list[Outputs]:
    evaluator = ReferenceEvaluator(str(path), new_ops=REFERENCE_OPERATORS)
    return [dict(zip(evaluator.output_names, evaluator.run(None, case), strict=True)) for case in cases]


def _valid_rows(outputs: Outputs, case: Outputs) -> Outputs:
    """Leave out the rows of a cache that are not valid after a call; ONNX Runtime need not copy them."""
    if "cache_len" not in case:
        return outputs
    ends = case["cache_len"] + case["input_ids"].shape[1]
    valid = np.arange(CAPACITY) < ends[:, None]
    return {
        name: np.where(valid[:, None, :, None], values, 0) if name.startswith("present") else values
        for name, values in outputs.items()
    }


def _require_equal(actual: Outputs, expected: Outputs, tolerance: float) -> None:
    for name, values in expected.items():
        if values.dtype.kind != "f":
            np.testing.assert_array_equal(actual[name], values, err_msg=name)
            continue
        wanted, got = values.astype(np.float32), actual[name].astype(np.float32)
        scale = max(1.0, float(np.abs(wanted).max()))
        error = float(np.abs(got - wanted).max()) / scale
        assert error <= tolerance, f"{name} is off by {error:.2g} of {scale:.2g}"


def _cases(component: str, graphs: WrittenGraphs, spec: GraphSpec, rng: Any) -> list[dict[str, Array]]:
    if component == "encoder":
        return _encoder_cases(rng)
    if component == "aligner":
        return _aligner_cases(graphs.config, rng)
    return _decoder_cases(graphs.config, spec, rng)


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
    cases = _cases(component, graphs, spec, rng)
    runs = zip(cases, _in_reference(path, cases), _in_onnx_runtime(path, cases), strict=True)
    for case, actual, expected in runs:
        _require_equal(_valid_rows(actual, case), _valid_rows(expected, case), TOLERANCES[precision])
