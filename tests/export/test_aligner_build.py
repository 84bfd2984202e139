"""Forced aligners in both layouts: read, traced, proven, installed; and what is refused."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from edge_export.aligner.parity import prove_aligner
from edge_export.aligner.reference import AlignerAnswer
from edge_export.checkpoint import read_checkpoint
from edge_export.config import Layout, ModelConfig, read_config
from edge_export.graphs import aligner_spec, graph_specs
from edge_export.hollow import RELEASED
from edge_export.pipeline import BuildOptions, BuildResult, build
from edge_export.source import HubOptions, Source, resolve
from edge_export.tensors import hf_name, original_name
from edge_export.to_onnx import write_graph
from edge_export.weights import open_weights
from edge_runtime.align_prompt import build_align_prompt
from edge_runtime.aligner import Aligner
from edge_runtime.bundle import Bundle, open_bundle
from edge_runtime.component import open_component
from edge_runtime.errors import CheckpointError, ParityError
from edge_runtime.golden import GOLDEN_NAME, AlignerGolden, read_golden
from edge_runtime.kind import aligner_spec as spec_of
from edge_runtime.selftest import open_selftest
from edge_runtime.session import Session, SessionOptions

NUM_CLASSES = 300


def _edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), "utf-8")


@pytest.fixture(scope="module")
def bundle(built_aligner: BuildResult) -> Bundle:
    return open_bundle(built_aligner.bundle)


@pytest.fixture(scope="module")
def graph(bundle: Bundle) -> Session:
    return open_component(bundle, "aligner", SessionOptions())


# --- checkpoints -------------------------------------------------------------------------------------------


def test_both_layouts_mean_the_same(tiny_aligners: dict[Layout, Path]) -> None:
    hf, original = (read_config(tiny_aligners[layout]) for layout in ("hf", "original"))
    assert (hf.kind, len(original.languages)) == ("aligner", 11)
    assert hf.aligner is not None
    assert (hf.aligner.num_classes, hf.aligner.bin_ms) == (NUM_CLASSES, 80.0)
    assert hf == replace(original, layout="hf", languages=(), architecture=hf.architecture)


def test_the_released_configuration_is_read(released: Path) -> None:
    config = read_config(released / "Qwen3-ForcedAligner-0.6B")
    assert (config.audio, config.text) == RELEASED["aligner"]
    assert config.aligner is not None
    assert (config.aligner.num_classes, config.aligner.bin_ms, config.aligner.slot_id) == (5000, 80.0, 151705)


def test_the_width_of_a_class_is_that_of_the_processor(hf_aligner_copy: Path) -> None:
    _edit(hf_aligner_copy / "processor_config.json", timestamp_segment_time=40)
    found = read_config(hf_aligner_copy).aligner
    assert found is not None
    assert found.bin_ms == 40.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id2label": None}, "not a complete"),
        ({"token_classification_bias": True}, "token_classification_bias"),
        ({"timestamp_token_id": 3}, "timestamp_token_id is 3"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(
    hf_aligner_copy: Path, changes: dict[str, object], message: str
) -> None:
    _edit(hf_aligner_copy / "config.json", **changes)
    with pytest.raises(CheckpointError, match=message):
        read_checkpoint(Source(hf_aligner_copy, "x", "x"))


def test_the_head_has_a_name_of_its_own_in_each_layout() -> None:
    assert hf_name("thinker.lm_head.weight", "aligner") == "score.weight"
    assert hf_name("thinker.lm_head.weight") == "lm_head.weight"
    assert original_name("score.weight") == original_name("lm_head.weight") == "thinker.lm_head.weight"


def test_the_head_must_have_a_row_for_each_class(hf_aligner_copy: Path) -> None:
    labels = {str(index): f"LABEL_{index}" for index in range(7)}
    _edit(hf_aligner_copy / "config.json", id2label=labels)
    with pytest.raises(CheckpointError, match=r"score\.weight has shape \[300, 64\]"):
        read_checkpoint(Source(hf_aligner_copy, "x", "x"))


def test_the_short_name_means_the_released_aligner(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"^Qwen/Qwen3-ForcedAligner-0\.6B cannot be fetched"):
        resolve("aligner", HubOptions(model_dir=tmp_path, local_files_only=True))


# --- graphs ------------------------------------------------------------------------------------------------


def test_the_graph_uses_the_intended_operators(bundle: Bundle, tiny_aligners: dict[Layout, Path]) -> None:
    layers = read_config(tiny_aligners["hf"]).text.num_layers
    model = onnx.load(bundle.path("aligner.onnx"), load_external_data=False)
    found = Counter(node.op_type for node in model.graph.node)
    assert found["Attention"] == layers
    assert found["RotaryEmbedding"] == 2 * layers
    assert found["RMSNormalization"] == 4 * layers + 1
    assert found["MatMul"] == 4 * layers + 1
    assert (found["GatherND"], found["ArgMax"], found["LessOrEqual"]) == (1, 1, 1)
    assert not {"If", "Loop", "Scan", "NonZero", "Trilu", "Identity", "TensorScatter"} & set(found)
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", 24)]
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
    assert [spec.name for spec in graph_specs(config)] == ["encoder", "aligner"]


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
        alone = _classify(graph, [sequence], [places])
        np.testing.assert_array_equal(classes[row, : len(places)], alone[0][0])
        np.testing.assert_allclose(logprobs[row, : len(places)], alone[1][0], atol=1e-5)


def test_a_slot_does_not_see_what_follows_it(graph: Session) -> None:
    _, short = _classify(graph, [[5, 6, 7]], [[2]])
    _, long = _classify(graph, [[5, 6, 7, 99, 98]], [[2]])
    np.testing.assert_allclose(short, long, atol=1e-5)


# --- bundles -----------------------------------------------------------------------------------------------


def test_the_manifest_describes_an_aligner(bundle: Bundle) -> None:
    manifest = bundle.manifest
    spec = spec_of(manifest)
    assert (manifest.kind, manifest.prompt, manifest.decoder) == ("aligner", None, None)
    assert sorted(manifest.components) == ["aligner", "encoder"]
    assert len(manifest.languages) == 11
    assert (spec.audio_start_id, spec.audio_end_id, spec.audio_id, spec.slot_id) == (1178, 1179, 1185, 1214)
    assert (spec.num_classes, spec.bin_ms, spec.max_audio_s) == (NUM_CLASSES, 80.0, 24.0)
    assert "aligner.parity.onnx" not in manifest.files


def test_the_build_is_proven(built_aligner: BuildResult) -> None:
    parity = built_aligner.parity
    assert parity["classes_identical"] == parity["classes_total"] > 50
    assert {check["stage"] for check in parity["stages"]} == {"features", "encoder", "slots", "logprobs"}


def test_the_bundle_passes_its_own_test(bundle: Bundle) -> None:
    results = list(open_selftest(bundle).run())
    assert len(results) == 8
    assert all(result.passed for result in results)


def test_the_runtime_aligns_with_it(bundle: Bundle) -> None:
    golden = read_golden(bundle.path(GOLDEN_NAME), AlignerGolden)["1"]
    found = Aligner(bundle).align(golden.waveform, "one two three", "en", sample_rate=16_000)
    assert [word.text for word in found.words] == ["one", "two", "three"]


def test_a_second_build_finds_the_first(
    tiny_aligners: dict[Layout, Path], built_aligner: BuildResult, lines: object
) -> None:
    options = BuildOptions(model=str(tiny_aligners["original"]), output=built_aligner.bundle)
    assert build(options, lines).status == "up_to_date"


def test_classes_that_differ_are_refused(bundle: Bundle) -> None:
    """A reference that names other classes, with logits that are as close as they should be."""
    golden = read_golden(bundle.path(GOLDEN_NAME), AlignerGolden)["1"]
    spec = spec_of(bundle.manifest)
    prompt = build_align_prompt(spec, len(golden.audio_embeds), [(1,)])
    answer = AlignerAnswer(
        waveform=golden.waveform,
        log_mel=golden.log_mel,
        audio_embeds=golden.audio_embeds,
        prompt_ids=prompt.ids,
        class_ids=np.array([0, 0]),
        logprobs=np.zeros(2, np.float32),
        logits=np.zeros((2, NUM_CLASSES), np.float32),
    )
    graphs = _graphs(bundle, prompt.slot_index.size)
    with pytest.raises(ParityError, match="0 of 2 classes are the reference's"):
        prove_aligner(graphs, {"probe": answer}, "planted")


def test_logits_that_differ_are_refused(bundle: Bundle) -> None:
    golden = read_golden(bundle.path(GOLDEN_NAME), AlignerGolden)["1"]
    prompt = build_align_prompt(spec_of(bundle.manifest), len(golden.audio_embeds), [(1,)])
    answer = AlignerAnswer(
        waveform=golden.waveform,
        log_mel=golden.log_mel,
        audio_embeds=golden.audio_embeds,
        prompt_ids=prompt.ids,
        class_ids=np.array([1, 1]),
        logprobs=np.zeros(2, np.float32),
        logits=np.ones((2, NUM_CLASSES), np.float32),
    )
    with pytest.raises(ParityError, match="the first is stage slots"):
        prove_aligner(_graphs(bundle, 2), {"probe": answer}, "planted")


def _graphs(bundle: Bundle, num_slots: int) -> object:
    """Return the bundle's encoder beside an aligner that names class 1 with all logits zero."""
    from edge_export.aligner.parity import AlignerGraphs  # noqa: PLC0415 - used here alone

    class Planted:
        def bind(self, _: object) -> Planted:
            return self

        def run(self, _: object) -> dict[str, np.ndarray]:
            return {
                "class_id": np.ones((1, num_slots), np.int64),
                "logprob": np.zeros((1, num_slots), np.float32),
                "logits": np.zeros((1, num_slots, NUM_CLASSES), np.float32),
            }

    manifest = bundle.manifest
    return AlignerGraphs(
        encoder=open_component(bundle, "encoder", SessionOptions()),
        aligner=Planted(),
        features=manifest.features,
        encoder_spec=manifest.encoder,
        spec=spec_of(manifest),
        limits=manifest.limits,
    )
