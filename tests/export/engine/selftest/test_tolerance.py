"""Tolerances of engines: what half precision costs in each case, and never less than it needs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from edge_export.engine.selftest.tolerance import MIN_TOLERANCES, case_tolerance, spreads
from edge_runtime.backends.ort.session import open_session
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.specs import Component, TensorSpec

SIZE = 96
SPEC = Component(
    graph="product.onnx",
    precision="int8",
    lowering="modern",
    opset=21,
    inputs=(TensorSpec(name="x", dtype="float16", shape=("rows", SIZE)),),
    outputs=(TensorSpec(name="logprobs", dtype="float32", shape=("rows", SIZE)),),
)


def save_half_product(path: Path, generator: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Write x (codes × scales) + bias in float16; return codes, scales and bias."""
    codes = generator.integers(-127, 128, (SIZE, SIZE), np.int8)
    scales = generator.uniform(0.005, 0.01, SIZE).astype(np.float16)
    bias = generator.standard_normal(SIZE).astype(np.float16)
    nodes = [
        helper.make_node("DequantizeLinear", ["codes", "scales"], ["w"], axis=1),
        helper.make_node("MatMul", ["x", "w"], ["xw"]),
        helper.make_node("Cast", ["bias32"], ["bias"], to=TensorProto.FLOAT16),
        helper.make_node("Add", ["xw", "bias"], ["y"]),
        helper.make_node("Cast", ["y"], ["logprobs"], to=TensorProto.FLOAT),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT16, ["rows", SIZE])
    y = helper.make_tensor_value_info("logprobs", TensorProto.FLOAT, ["rows", SIZE])
    values = {"codes": codes, "scales": scales, "bias32": bias.astype(np.float32)}
    stored = [numpy_helper.from_array(value, name) for name, value in values.items()]
    graph = helper.make_graph(nodes, "g", [x], [y], stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    path.write_bytes(model.SerializeToString())
    return codes, scales, bias


def test_the_spread_of_a_graph_is_what_its_half_precision_costs(tmp_path: Path) -> None:
    generator, path = np.random.default_rng(0), tmp_path / "product.onnx"
    codes, scales, bias = save_half_product(path, generator)
    x = generator.standard_normal((3, SIZE)).astype(np.float16)
    outputs = []

    def run(spec: Component, graph: Path) -> dict[str, dict[str, np.ndarray]]:
        session = open_session(spec, graph, SessionOptions(threads=1))
        outputs.append(session.bind({}).run({"x": x.astype(spec.inputs[0].dtype)})["logprobs"])
        return {"case": {"logprobs": outputs[-1]}}

    actual = spreads(SPEC, path, run)
    exact = x.astype(np.float64) @ (codes * scales.astype(np.float64)) + bias
    product = x.astype(np.float32) @ (codes * scales).astype(np.float32)
    half = product.astype(np.float16) + bias
    np.testing.assert_allclose(outputs[0], exact, atol=1e-4)
    # One in a hundred sums is close enough to the middle of two halves to be rounded to the other.
    assert (outputs[1] != half).mean() < 0.02
    assert actual == {"case": np.abs(outputs[0] - outputs[1]).max()}
    assert 0.001 < actual["case"] < 0.03
    assert [each.name for each in tmp_path.iterdir()] == [path.name], "it takes no room afterwards"


@pytest.mark.parametrize("precision", MIN_TOLERANCES)
def test_a_tolerance_is_three_spreads_and_never_less_than_the_precision_needs(precision: str) -> None:
    for_embeds, for_logprobs = MIN_TOLERANCES[precision]
    embeds, logprobs = {"audio_embeds": np.array([-8.0, 2.0])}, {"logprobs": np.zeros(2)}
    assert case_tolerance(precision, embeds, 0.001) == max(8 * for_embeds, 0.003)
    assert case_tolerance(precision, logprobs, 0.0) == for_logprobs
    assert case_tolerance(precision, logprobs, 1.0) == 3.0
    assert case_tolerance(precision, embeds, 5.0) == 15.0
