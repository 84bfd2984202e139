"""Convolutions as integer products equal torch, one second of audio at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx_ir as ir
import onnxruntime as ort
import pytest
import torch
from torch.nn import functional

from edge_export.quantize.quantization import Quantization
from edge_export.quantize.rewrite.conv_stem import insert_conv_stem
from edge_export.quantize.scheme import Override, QuantizationPlan, Scheme
from edge_runtime.arrays import Array

CHANNELS = 16
RNG = np.random.default_rng(0)
KERNELS = {
    name: RNG.standard_normal((CHANNELS, inputs, 3, 3)).astype(np.float32) / np.float32(3 * inputs**0.5)
    for name, inputs in (("one", 1), ("two", CHANNELS), ("three", CHANNELS))
}
BIASES = {name: RNG.standard_normal(CHANNELS).astype(np.float32) / 4 for name in KERNELS}
COARSE, FINE, FLOAT = Scheme("int8"), Scheme("int8", activations="int16"), Scheme()


def plan(**schemes: Scheme) -> QuantizationPlan:
    """Return a plan with these schemes for kernels, float for others."""
    overrides = tuple(Override(name, scheme, "test") for name, scheme in schemes.items())
    return QuantizationPlan({"encoder": FLOAT}, overrides)


def traced() -> ir.Model:
    """Return three convolutions, each with its GELU, and no values."""
    value = ir.Value(name="x", type=ir.TensorType(ir.DataType.FLOAT), shape=ir.Shape(("n", 1, None, None)))
    graph = ir.Graph([value], [], nodes=[], opset_imports={"": 23, "com.microsoft": 1}, name="stem")
    for name, kernel in KERNELS.items():
        inputs = [value]
        for suffix, shape in (("", kernel.shape), (".bias", (CHANNELS,))):
            parameter = ir.Value(
                name=f"{name}{suffix}", type=ir.TensorType(ir.DataType.FLOAT), shape=ir.Shape(shape)
            )
            graph.initializers.add(parameter)
            inputs.append(parameter)
        geometry = {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}
        conv = ir.Node("", "Conv", inputs, [ir.AttrInt64s(key, sizes) for key, sizes in geometry.items()])
        gelu = ir.Node("", "Gelu", conv.outputs)
        graph.extend([conv, gelu])
        value = gelu.outputs[0]
    value.type, value.shape = ir.TensorType(ir.DataType.FLOAT), ir.Shape(("n", CHANNELS, None, None))
    graph.outputs.append(value)
    return ir.Model(graph, ir_version=10)


def written(chosen: QuantizationPlan) -> bytes:
    """Return the stem as a plan stores it, with its values."""
    model = traced()
    stored = insert_conv_stem(model, "encoder", chosen)
    values = {f"{name}.bias": bias for name, bias in BIASES.items()}
    for name, kernel in KERNELS.items():
        for names, array in Quantization(chosen).tensors(name, kernel, stored):
            values |= dict.fromkeys(names, array)
    for graph in model.graphs():
        for name, array in values.items():
            if name in graph.initializers:
                graph.initializers[name].const_value = ir.tensor(array, name=name)
    return ir.to_proto(model).SerializeToString()


def run(chosen: QuantizationPlan, seconds: Array) -> Array:
    """Run the stem as a plan stores it."""
    session = ort.InferenceSession(written(chosen), providers=["CPUExecutionProvider"])
    y: Array = session.run(None, {"x": seconds})[0]
    return y


def convolved(seconds: Array, chosen: QuantizationPlan) -> Array:
    """Return torch's result for the seconds, in double precision, with the stored kernels."""
    stored = insert_conv_stem(traced(), "encoder", chosen)
    x = torch.from_numpy(seconds.astype(np.float64))
    for name, kernel in KERNELS.items():
        if name in stored:
            kernel = Quantization(chosen).quantize(name, kernel, stored[name]).dequantize()  # noqa: PLW2901
        weight, bias = torch.from_numpy(kernel).double(), torch.from_numpy(BIASES[name]).double()
        x = functional.gelu(functional.conv2d(x, weight, bias, stride=2, padding=1))
    y: Array = x.numpy()
    return y


def error(actual: Array, expected: Array) -> float:
    return float(np.linalg.norm(actual - expected) / np.linalg.norm(expected))


@pytest.mark.parametrize(("height", "width"), [(128, 100), (80, 100), (13, 7), (8, 9), (1, 1)])
def test_fine_maps_are_as_good_as_float_ones_at_every_size(height: int, width: int) -> None:
    seconds = RNG.standard_normal((3, 1, height, width)).astype(np.float32)
    chosen = plan(two=FINE, three=FINE)
    actual, expected = run(chosen, seconds), convolved(seconds, chosen)
    assert actual.shape == expected.shape
    assert error(actual, expected) < 1e-4


def test_coarse_maps_are_off_by_the_rounding_of_their_codes() -> None:
    seconds = RNG.standard_normal((2, 1, 64, 100)).astype(np.float32)
    errors = [
        error(run(chosen, seconds), convolved(seconds, chosen))
        for chosen in (plan(two=FINE), plan(two=COARSE), plan(two=COARSE, three=COARSE))
    ]
    assert errors[0] < 1e-4 < errors[1] < errors[2] < 0.02


def test_a_second_does_not_depend_on_the_others() -> None:
    seconds = RNG.standard_normal((4, 1, 32, 100)).astype(np.float32)
    seconds[1] *= 100
    batched = run(plan(two=COARSE, three=FINE), seconds)
    for index in range(len(seconds)):
        single = run(plan(two=COARSE, three=FINE), seconds[index : index + 1])
        np.testing.assert_array_equal(batched[index], single[0])


def test_a_kernel_that_stays_float_among_codes_is_convolved_with_as_it_is() -> None:
    seconds = RNG.standard_normal((1, 1, 32, 100)).astype(np.float32)
    chosen = plan(three=FINE)
    assert error(run(chosen, seconds), convolved(seconds, chosen)) < 1e-4


@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e6])
def test_silence_and_noise_of_any_loudness_give_numbers(scale: float) -> None:
    seconds = np.full((1, 1, 32, 100), scale, np.float32)
    chosen = plan(two=COARSE, three=COARSE)
    actual, expected = run(chosen, seconds), convolved(seconds, chosen)
    assert error(actual, expected) < 0.02


@pytest.mark.parametrize("chosen", [plan(), plan(one=COARSE)], ids=["float", "the first alone"])
def test_a_graph_whose_other_kernels_are_float_stays_as_it_was(chosen: QuantizationPlan) -> None:
    model = traced()
    assert insert_conv_stem(model, "encoder", chosen) == {}
    assert [node.op_type for node in model.graph] == ["Conv", "Gelu"] * 3


def test_codes_are_converted_for_processors_that_would_saturate(tmp_path: Path) -> None:
    """As in all other products; see `edge_runtime.backends.cpu.saturates_u8s8`."""
    settings = ort.SessionOptions()
    settings.log_severity_level = 3
    settings.add_session_config_entry("session.x64quantprecision", "1")
    settings.optimized_model_filepath = str(tmp_path / "converted.onnx")
    ort.InferenceSession(written(plan(two=COARSE, three=FINE)), settings, providers=["CPUExecutionProvider"])
    model = ir.load(tmp_path / "converted.onnx")
    nodes = ir.traversal.RecursiveGraphIterator(model.graph)
    kernels = [node.inputs[1] for node in nodes if node.op_type == "MatMulIntegerToFloat"]
    stored = [None if kernel is None else kernel.const_value for kernel in kernels]
    assert [None if each is None else each.dtype for each in stored] == [ir.DataType.UINT8] * 2
