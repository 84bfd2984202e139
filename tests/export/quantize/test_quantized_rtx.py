"""TensorRT-RTX parses and compiles quantised graphs; it needs no GPU for either."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge_export.graph_spec import GraphSpec
from tests.export.quantize.conftest import QuantizedGraphs

trt: Any = pytest.importorskip("tensorrt_rtx")

SIZES = {"windows": 2, "frames": 800, "tokens": 104, "batch": 2, "sequence": 32, "audio_tokens": 32}
ONES = {"frames": 100, "tokens": 13}
GENERATIONS = ("SM86", "SM89", "SM120")


def _parsed(builder: Any, logger: Any, path: Path) -> Any:
    network = builder.create_network(0)
    parser = trt.OnnxParser(network, logger)
    assert parser.parse_from_file(str(path)), [
        parser.get_error(index).desc() for index in range(parser.num_errors)
    ]
    for index in range(network.num_layers):
        layer = network.get_layer(index)
        if layer.type == trt.LayerType.ATTENTION_INPUT:
            # float32 attention has no fused kernel.
            layer.__class__ = trt.IAttentionInputLayer
            layer.attention.decomposable = True
    return network


def _compiled(builder: Any, network: Any, spec: GraphSpec) -> bytes:
    config, profile = builder.create_builder_config(), builder.create_optimization_profile()
    config.num_compute_capabilities = len(GENERATIONS)
    for index, generation in enumerate(GENERATIONS):
        config.set_compute_capability(getattr(trt.ComputeCapability, generation), index)
    for tensor in spec.inputs:
        min_shape, max_shape = (
            tuple(size if isinstance(size, int) else table.get(size, 1) for size in tensor.shape)
            for table in (ONES, SIZES)
        )
        profile.set_shape(tensor.name, min_shape, max_shape, max_shape)
    config.add_optimization_profile(profile)
    plan = builder.build_serialized_network(network, config)
    assert plan is not None, f"{spec.name} was not compiled"
    return bytes(plan)


@pytest.mark.parametrize(
    ("precision", "component"),
    [
        ("int8", "encoder"),
        ("int8-w8a8", "encoder"),
        ("int8", "decoder"),
        ("int8-w8a8", "decoder"),
        ("int4", "decoder"),
    ],
)
def test_a_quantized_graph_compiles_for_three_generations(
    quantized: QuantizedGraphs, precision: str, component: str
) -> None:
    logger = trt.Logger(trt.Logger.ERROR)
    builder = trt.Builder(logger)
    spec = next(spec for spec in quantized.specs if spec.name == component)
    path = quantized.directories[precision] / spec.file_name
    assert _compiled(builder, _parsed(builder, logger, path), spec)
