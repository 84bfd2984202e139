"""True shapes and tokenizer, both layouts: the aligner's classes are those of transformers."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
import torch
from transformers import Qwen3ASRFeatureExtractor, Qwen3ASRForTokenClassification

from edge_export.checkpoint.config import Layout
from edge_export.checkpoint.dummy import RELEASED, RELEASED_CLASSES, write_dummy_checkpoint
from edge_export.parity.probes import SAMPLE_RATE, probe_waveform
from edge_export.pipeline.job import BuildOptions
from edge_export.pipeline.pipeline import build
from edge_runtime.backends.registry import open_component
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.model.aligner_prompt import AlignPrompt, build_align_prompt
from edge_runtime.model.encoder import Encoder
from edge_runtime.model.fbank import Fbank
from edge_runtime.model.timestamp_classifier import TimestampClasses, TimestampClassifier
from edge_runtime.text.tokenizer import Tokenizer

WORDS = [
    "so",
    "the",
    "quick",
    "brown",
    "fox",
    "jumps",
    "over",
    "an",
    "extraordinarily",
    "lazy",
    "dog",
    "你",
    "好",
    "don't",
    "stop",
    "3",
    "déjà",
]
LOGPROB_TOLERANCE = 1e-3
CASES = [(3.0, 5), (30.0, 120), (290.0, 900)]
"""Seconds of audio and units of text; the last one fills 6 700 of the 8 192 positions."""

Case: TypeAlias = tuple[float, int]
RunResult: TypeAlias = tuple[AlignPrompt, TimestampClasses]


class Runtime:
    """Waveform and units to classes, as a device does it."""

    def __init__(self, directory: Path) -> None:
        bundle = open_bundle(directory)
        manifest, options = bundle.manifest, SessionOptions()
        self.spec = manifest.require_aligner()
        self.fbank = Fbank(manifest.features)
        encoder = open_component(bundle, "encoder", options)
        self.encoder = Encoder(encoder, manifest.encoder, manifest.limits.encoder_batch)
        self.classifier = TimestampClassifier(open_component(bundle, "aligner", options))
        self.tokenizer = Tokenizer(bundle.path("tokenizer.json"))

    def run(self, seconds: float, num_units: int) -> RunResult:
        embeds = self.encoder.encode(self.fbank(probe_waveform(seconds)))
        units = [WORDS[index % len(WORDS)] for index in range(num_units)]
        prompt = build_align_prompt(self.spec, len(embeds), [self.tokenizer.encode(unit) for unit in units])
        return prompt, self.classifier.classify(prompt, embeds)


@pytest.fixture(scope="module")
def tokenizers(released: Path) -> Path:
    return released / "Qwen3-ForcedAligner-0.6B"


def _write(folder: Path, layout: Layout, tokenizer: Path, layers: int | None, shards: int = 1) -> Path:
    audio, text = RELEASED["aligner"]
    write_dummy_checkpoint(
        replace(audio, num_layers=layers or audio.num_layers),
        replace(text, num_layers=layers or text.num_layers),
        layout=layout,
        tokenizer=tokenizer,
        output=folder,
        shards=shards,
        num_classes=RELEASED_CLASSES,
    )
    return folder


@pytest.fixture(scope="module")
def shallow(tokenizers: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[Layout, Path]:
    """The aligner with two decoder and two encoder layers, in both layouts."""
    root = tmp_path_factory.mktemp("dummy-aligner")
    return {
        "hf": _write(root / "hf", "hf", tokenizers, 2),
        "original": _write(root / "original", "original", tokenizers, 2, shards=2),
    }


class Transformers:
    """transformers' aligner, loaded from a folder of the -hf layout with `from_pretrained`."""

    def __init__(self, folder: Path) -> None:
        loaded = Qwen3ASRForTokenClassification.from_pretrained(folder, dtype=torch.float32)
        self.model = loaded.eval()
        self.classify = cache(self._classify)

    @torch.inference_mode()
    def _classify(self, seconds: float, ids: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
        extract = Qwen3ASRFeatureExtractor()
        batch = extract(
            probe_waveform(seconds), sampling_rate=SAMPLE_RATE, padding="longest", return_attention_mask=True
        )
        token_ids = torch.tensor([ids])
        logits = self.model(
            input_ids=token_ids,
            input_features=batch["input_features"],
            input_features_mask=batch["attention_mask"],
            use_cache=False,
        ).logits
        slots = logits[token_ids == self.model.config.timestamp_token_id]
        return slots.argmax(-1).numpy(), slots.log_softmax(-1).amax(-1).numpy()


@pytest.fixture(scope="module")
def reference(shallow: dict[Layout, Path]) -> Transformers:
    return Transformers(shallow["hf"])


def _run_all(bundle: Path, cases: Sequence[Case]) -> dict[Case, RunResult]:
    runtime = Runtime(bundle)
    return {case: runtime.run(*case) for case in cases}


def _require_equal(actual: Mapping[Case, RunResult], reference: Transformers) -> dict[Case, str]:
    """Compare all classes; return the largest difference of the log-probabilities of each clip."""
    differences = {}
    for (seconds, num_units), (prompt, classes) in actual.items():
        class_ids, logprobs = reference.classify(seconds, tuple(prompt.ids.tolist()))
        assert len(classes.class_ids) == 2 * num_units
        np.testing.assert_array_equal(classes.class_ids, class_ids)
        difference = float(np.abs(classes.logprobs - logprobs).max())
        assert difference < LOGPROB_TOLERANCE
        differences[seconds, num_units] = f"{difference:.1e}"
    return differences


@pytest.mark.slow
@pytest.mark.parametrize(
    # Layouts differ in names and files only: one of them suffices for the long clip.
    ("layout", "cases"),
    [("hf", CASES), ("original", CASES[:-1])],
    ids=["hf", "original"],
)
def test_classes_are_those_of_transformers_up_to_five_minutes(
    shallow: dict[Layout, Path],
    reference: Transformers,
    tmp_path: Path,
    lines: object,
    layout: Layout,
    cases: list[Case],
) -> None:
    result = build(BuildOptions(model=str(shallow[layout]), output=tmp_path / "bundle"), lines)
    print(_require_equal(_run_all(result.bundle, cases), reference))  # noqa: T201
    assert result.parity["classes_identical"] == result.parity["classes_total"]


@pytest.mark.full_size
def test_the_released_size_is_built_and_right_up_to_five_minutes(tmp_path: Path, tokenizers: Path) -> None:
    checkpoint = _write(tmp_path / "dummy", "hf", tokenizers, None)
    bundle = tmp_path / "bundle"
    command = [
        sys.executable,
        "-m",
        "edge_runtime",
        "build-engines",
        str(checkpoint),
        "-o",
        str(bundle),
        "-v",
    ]
    timed = Timed()
    subprocess.run(command, check=True)
    timed.show("built", resource.RUSAGE_CHILDREN)
    # One after the other: the two models are 3.7 GB each, and attention over 290 s takes as much again.
    actual = _run_all(bundle, CASES)
    timed.show("aligned", resource.RUSAGE_SELF)
    print(_require_equal(actual, Transformers(checkpoint)))  # noqa: T201
    timed.show("compared", resource.RUSAGE_SELF)


class Timed:
    """Shows the time of each step and the peak memory so far."""

    def __init__(self) -> None:
        self._since = time.perf_counter()

    def show(self, step: str, whose: int) -> None:
        now = time.perf_counter()
        peak = resource.getrusage(whose).ru_maxrss * 1024 / 1e9
        print(f"{step} in {now - self._since:.0f} s, peak {peak:.1f} GB")  # noqa: T201
        self._since = now
