"""The graph of a forced aligner."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest

from edge_export.checkpoint.config import Layout, ModelConfig
from edge_export.checkpoint.config_file import read_config
from edge_export.checkpoint.weights import open_weights
from edge_export.graph_spec import OPSETS, aligner_spec
from edge_export.graphs.export_config import FLOAT
from edge_export.graphs.write import write_graph
from edge_export.pipeline.pipeline import BuildResult
from edge_runtime.backends.registry import open_component
from edge_runtime.backends.session import Session, SessionOptions
from edge_runtime.bundle.bundle import Bundle, open_bundle


@pytest.fixture(scope="module")
def bundle(built_aligner: BuildResult) -> Bundle:
    return open_bundle(built_aligner.bundle)


@pytest.fixture(scope="module")
def graph(bundle: Bundle) -> Session:
    return open_component(bundle, "aligner", SessionOptions())


def test_the_graph_uses_the_intended_operators(bundle: Bundle, tiny_aligners: dict[Layout, Path]) -> None:
    layers = read_config(tiny_aligners["hf"]).text.num_layers
    model = onnx.load(bundle.path("aligner.onnx"), load_external_data=False)
    actual = Counter(node.op_type for node in model.graph.node)
    assert actual["Attention"] == layers
    assert actual["RotaryEmbedding"] == 2 * layers
    assert actual["RMSNormalization"] == 4 * layers + 1
    assert actual["MatMul"] == 4 * layers + 1
    assert (actual["GatherND"], actual["ArgMax"], actual["LessOrEqual"]) == (1, 1, 1)
    assert not {"If", "Loop", "Scan", "NonZero", "Trilu", "Identity", "TensorScatter"} & set(actual)
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", OPSETS["ort"])]
    for node in model.graph.node:
        if node.op_type == "Attention":
            assert len(node.input) == 4


def test_both_layouts_give_equal_bytes(tiny_aligners: dict[Layout, Path], tmp_path: Path) -> None:
    config: ModelConfig = read_config(tiny_aligners["hf"])
    written = []
    for layout, directory in tiny_aligners.items():
        (tmp_path / layout).mkdir()
        spec = aligner_spec(config.text)
        write_graph(spec, config, open_weights(directory, read_config(directory)), tmp_path / layout)
        written.append([(tmp_path / layout / name).read_bytes() for name in (spec.file_name, spec.data_name)])
    assert written[0] == written[1]
    assert [spec.name for spec in FLOAT.specs(config)] == ["encoder", "aligner"]


def _classify(graph: Session, ids: list[list[int]], slots: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Run right-padded prompts without audio."""
    width, count = max(map(len, ids)), max(map(len, slots))
    feeds = {
        "input_ids": np.array([[*row, *[0] * (width - len(row))] for row in ids]),
        "audio_index": np.full((len(ids), width), -1),
        "audio_embeds": np.zeros((1, 64), np.float32),
        "slot_index": np.array([[*row, *[0] * (count - len(row))] for row in slots]),
    }
    outputs = graph.bind({}).run(feeds)
    return outputs["class_id"], outputs["logprob"]


def test_a_padded_batch_equals_its_sequences(graph: Session) -> None:
    ids, slots = [[5, 6, 7, 8, 9, 10, 11], [12, 13, 14]], [[2, 3, 6], [1]]
    classes, logprobs = _classify(graph, ids, slots)
    for row, (sequence, places) in enumerate(zip(ids, slots, strict=True)):
        single = _classify(graph, [sequence], [places])
        np.testing.assert_array_equal(classes[row, : len(places)], single[0][0])
        np.testing.assert_allclose(logprobs[row, : len(places)], single[1][0], atol=1e-5)


def test_a_slot_does_not_see_what_follows_it(graph: Session) -> None:
    _, short = _classify(graph, [[5, 6, 7]], [[2]])
    _, long = _classify(graph, [[5, 6, 7, 99, 98]], [[2]])
    np.testing.assert_allclose(short, long, atol=1e-5)
