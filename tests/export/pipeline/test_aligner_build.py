"""Bundles of forced aligners: described, proven, or refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge_export.checkpoint.config import Layout
from edge_export.parity.aligner_parity import ALIGNER, AlignerGraphs
from edge_export.parity.case import check_parity
from edge_export.parity.reference_output import AlignerReferenceOutput
from edge_export.pipeline.job import BuildOptions
from edge_export.pipeline.pipeline import BuildResult, build
from edge_runtime.alignment.aligner import Aligner
from edge_runtime.backends.registry import open_component
from edge_runtime.backends.session import Session, SessionOptions
from edge_runtime.bundle.bundle import Bundle, open_bundle
from edge_runtime.bundle.golden import GOLDEN_NAME, AlignerGolden, read_golden
from edge_runtime.errors import ParityError
from edge_runtime.model.aligner_prompt import build_align_prompt
from edge_runtime.verification.selftest import open_selftest

NUM_CLASSES = 300


@pytest.fixture(scope="module")
def bundle(built_aligner: BuildResult) -> Bundle:
    return open_bundle(built_aligner.bundle)


@pytest.fixture(scope="module")
def graph(bundle: Bundle) -> Session:
    return open_component(bundle, "aligner", SessionOptions())


def test_the_manifest_describes_an_aligner(bundle: Bundle) -> None:
    manifest = bundle.manifest
    spec = manifest.require_aligner()
    assert (manifest.kind, manifest.prompt, manifest.decoder) == ("aligner", None, None)
    assert sorted(manifest.components) == ["aligner", "encoder", "vad"]
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
    actual = Aligner(bundle).align(golden.waveform, "one two three", "en", sample_rate=16_000)
    assert [word.text for word in actual.words] == ["one", "two", "three"]


def test_a_second_build_finds_the_first(
    tiny_aligners: dict[Layout, Path], built_aligner: BuildResult, lines: object
) -> None:
    options = BuildOptions(model=str(tiny_aligners["original"]), output=built_aligner.bundle)
    assert build(options, lines).status == "up_to_date"


def test_classes_that_differ_are_refused(bundle: Bundle) -> None:
    """A reference with other classes and logits within tolerance."""
    golden = read_golden(bundle.path(GOLDEN_NAME), AlignerGolden)["1"]
    spec = bundle.manifest.require_aligner()
    prompt = build_align_prompt(spec, len(golden.audio_embeds), [(1,)])
    answer = AlignerReferenceOutput(
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
        check_parity(ALIGNER, graphs, {"probe": answer}, "planted")


def test_logits_that_differ_are_refused(bundle: Bundle) -> None:
    golden = read_golden(bundle.path(GOLDEN_NAME), AlignerGolden)["1"]
    prompt = build_align_prompt(bundle.manifest.require_aligner(), len(golden.audio_embeds), [(1,)])
    answer = AlignerReferenceOutput(
        waveform=golden.waveform,
        log_mel=golden.log_mel,
        audio_embeds=golden.audio_embeds,
        prompt_ids=prompt.ids,
        class_ids=np.array([1, 1]),
        logprobs=np.zeros(2, np.float32),
        logits=np.ones((2, NUM_CLASSES), np.float32),
    )
    with pytest.raises(ParityError, match="the first is stage slots"):
        check_parity(ALIGNER, _graphs(bundle, 2), {"probe": answer}, "planted")


def _graphs(bundle: Bundle, num_slots: int) -> AlignerGraphs:
    """Return the bundle's encoder beside an aligner that names class 1 with all logits zero."""

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
        spec=manifest.require_aligner(),
        limits=manifest.limits,
    )
