"""The graphs as they are written: their operators, their signatures and their bytes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import onnx

from edge_export.checkpoint.config import ModelConfig
from edge_export.checkpoint.weights import open_weights
from edge_export.graph_spec import PARITY_GRAPH_NAME, GraphSpec, decoder_spec
from edge_export.graphs.export_config import FLOAT
from edge_export.graphs.trace import trace
from edge_export.graphs.write import write_graph
from edge_runtime.bundle.specs import TensorSpec
from edge_runtime.model.kv_memory import PAST


def _operators(path: Path) -> Counter[str]:
    return Counter(node.op_type for node in onnx.load(path, load_external_data=False).graph.node)


def test_the_decoder_uses_the_intended_operators(folder: Path, config: ModelConfig) -> None:
    actual, layers = _operators(folder / "decoder.onnx"), config.text.num_layers
    assert actual["RMSNormalization"] == 4 * layers + 1
    assert actual["RotaryEmbedding"] == 2 * layers
    assert actual["TensorScatter"] == 2 * layers
    assert actual["Attention"] == layers
    # One product each for queries-keys-values, output, gate-up and down, and the head.
    assert actual["MatMul"] == 4 * layers + 1
    assert (actual["Cos"], actual["Sin"], actual["LessOrEqual"]) == (1, 1, 1)
    # Of the audio splice: text reads the first row of audio, and drops it.
    assert (actual["GatherND"], actual["TopK"], actual["Where"]) == (1, 1, 2)
    assert not {"If", "Loop", "Scan", "NonZero", "Trilu", "Identity"} & set(actual)


def test_the_encoder_uses_the_intended_operators(folder: Path, config: ModelConfig) -> None:
    actual, layers = _operators(folder / "encoder.onnx"), config.audio.num_layers
    assert actual["Attention"] == layers
    assert actual["LayerNormalization"] == 2 * layers + 1
    assert actual["MatMul"] == 4 * layers + 3
    assert (actual["Conv"], actual["Gelu"]) == (3, layers + 4)
    assert not {"If", "Loop", "Scan", "NonZero", "Identity"} & set(actual)


def test_attention_depends_on_its_mask_alone(folder: Path) -> None:
    for name in ("encoder.onnx", "decoder.onnx"):
        for node in onnx.load(folder / name, load_external_data=False).graph.node:
            if node.op_type == "Attention":
                # TensorRT drops is_causal and nonpad_kv_seqlen without an error.
                assert len(node.input) == 4
                assert all(attribute.i == 0 for attribute in node.attribute if attribute.name == "is_causal")


def test_graphs_pass_the_checker_and_use_standard_operators_only(folder: Path) -> None:
    for name in ("encoder.onnx", "decoder.onnx", PARITY_GRAPH_NAME):
        onnx.checker.check_model(str(folder / name), full_check=True)
        model = onnx.load(folder / name, load_external_data=False)
        assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", 24)]
        assert not model.functions


def _dims(value: onnx.ValueInfoProto) -> tuple[str | int, ...]:
    return tuple(dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim)


def test_signatures_are_those_of_the_table(folder: Path, config: ModelConfig) -> None:
    for spec in FLOAT.specs(config):
        graph = onnx.load(folder / spec.file_name, load_external_data=False).graph
        for actual, expected in ((graph.input, spec.inputs), (graph.output, spec.outputs)):
            assert [(value.name, _dims(value)) for value in actual] == [(t.name, t.shape) for t in expected]


def test_graph_files_say_nothing_of_the_machine_that_made_them(folder: Path) -> None:
    for name in ("encoder.onnx", "decoder.onnx", PARITY_GRAPH_NAME):
        assert b".py" not in (folder / name).read_bytes()


def test_the_embedding_is_stored_once(folder: Path, config: ModelConfig) -> None:
    text = config.text
    attention = (2 * text.num_heads + 2 * text.num_kv_heads) * text.head_dim * text.hidden_size
    layers = text.num_layers * (attention + 3 * text.hidden_size * text.intermediate_size)
    embedding = text.vocab_size * text.hidden_size
    size = (folder / "decoder.onnx.data").stat().st_size
    assert 4 * (embedding + layers) < size < 4 * (embedding + layers + embedding // 2) + (40 << 12)


def test_equal_inputs_give_equal_bytes(
    folder: Path, config: ModelConfig, tiny_checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    weights = open_weights(tiny_checkpoints["original"], config)
    for spec in FLOAT.specs(config):
        write_graph(spec, config, weights, tmp_path)
        for name in (spec.file_name, spec.data_name):
            assert (folder / name).read_bytes() == (tmp_path / name).read_bytes(), name


def test_the_cache_capacity_can_be_fixed_in_the_graph(config: ModelConfig) -> None:
    spec: GraphSpec = decoder_spec(config.text, kv_capacity=64)
    graph = trace(spec, config).model.graph
    cache = [value for value in graph.inputs if value.name.startswith(PAST)]
    assert {value.shape[2] for value in cache} == {64}


def test_dimension_names_are_shared_between_inputs_and_outputs(config: ModelConfig) -> None:
    for spec in FLOAT.specs(config):
        named = {size for tensor in spec.inputs for size in tensor.shape if isinstance(size, str)}
        outputs: tuple[TensorSpec, ...] = spec.outputs
        assert {size for tensor in outputs for size in tensor.shape if isinstance(size, str)} <= named
