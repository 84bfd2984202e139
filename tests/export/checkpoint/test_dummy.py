"""True shapes, true tokenizer, both layouts: the runtime's tokens are those of transformers."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import Qwen3ASRFeatureExtractor, Qwen3ASRForConditionalGeneration

from edge_export.checkpoint.config import Layout
from edge_export.checkpoint.dummy import RELEASED, write_dummy_checkpoint
from edge_export.parity.probes import SAMPLE_RATE, probe_waveform
from edge_export.pipeline.job import BuildOptions
from edge_export.pipeline.pipeline import build
from edge_runtime.arrays import LogMel, Waveform
from edge_runtime.backends.registry import open_session
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.bundle import Bundle, open_bundle
from edge_runtime.model.decoder import Decoder
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.encoder import Encoder
from edge_runtime.model.fbank import Fbank
from edge_runtime.model.prompt import Prompt, build_prompt

NUM_TOKENS = 12
SECONDS = [0.3, 1.0, 7.99, 8.0, 8.01, 12.0, 29.7, 65.0]


class Runtime:
    """Features to tokens, as a device does it."""

    def __init__(self, bundle: Bundle) -> None:
        manifest = bundle.manifest
        sessions = {
            name: open_session(manifest.target, component, bundle.path(component.graph), SessionOptions())
            for name, component in manifest.components.items()
        }
        self.manifest = manifest
        self.fbank = Fbank(manifest.features)
        self.encoder = Encoder(sessions["encoder"], manifest.encoder, manifest.limits.encoder_batch)
        self.decoder = Decoder(sessions["decoder"], manifest.decoder, manifest.limits)

    def run(self, waveform: Waveform) -> tuple[LogMel, Prompt, list[int], np.ndarray]:
        log_mel = self.fbank(waveform)
        embeds = self.encoder.encode(log_mel)
        prompt = build_prompt(self.manifest.prompt, len(embeds))
        scored = [self.decoder.prefill(DecoderInput(prompt, embeds, NUM_TOKENS))]
        while len(scored) < NUM_TOKENS:
            scored.append(self.decoder.step(scored[-1].token_id))
        return log_mel, prompt, [s.token_id for s in scored], np.array([s.logprob for s in scored])


@pytest.fixture(scope="module")
def tokenizers(released: Path) -> Path:
    return released / "Qwen3-ASR-0.6B"


@pytest.fixture(scope="module")
def shallow(tokenizers: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[Layout, Path]:
    """The 0.6B model with two decoder and three encoder layers, in both layouts."""
    root = tmp_path_factory.mktemp("dummy")
    audio, text = RELEASED["0.6b"]
    folders: dict[Layout, Path] = {"hf": root / "hf", "original": root / "original"}
    for layout, folder in folders.items():
        write_dummy_checkpoint(
            replace(audio, num_layers=3),
            replace(text, num_layers=2),
            layout=layout,
            tokenizer=tokenizers,
            output=folder,
            shards=1 if layout == "hf" else 2,
        )
    return folders


@pytest.fixture(scope="module")
def reference(shallow: dict[Layout, Path]) -> object:
    """Outputs of transformers, loaded from the -hf folder with `from_pretrained`, by length of the clip."""
    model = Qwen3ASRForConditionalGeneration.from_pretrained(shallow["hf"], dtype=torch.float32).eval()
    extract = Qwen3ASRFeatureExtractor()

    @cache
    def answer(seconds: float, ids: tuple[int, ...]) -> tuple[list[int], np.ndarray, LogMel]:
        batch = extract(
            probe_waveform(seconds), sampling_rate=SAMPLE_RATE, padding="longest", return_attention_mask=True
        )
        generated = model.generate(
            input_ids=torch.tensor([ids]),
            input_features=batch["input_features"],
            input_features_mask=batch["attention_mask"],
            max_new_tokens=NUM_TOKENS,
            do_sample=False,
            eos_token_id=None,
            return_dict_in_generate=True,
            output_logits=True,
        )
        logprobs = [step[0].log_softmax(-1).max().item() for step in generated.logits]
        frames = int(batch["attention_mask"].sum())
        mel = batch["input_features"][0, :, :frames].numpy()
        return generated.sequences[0, len(ids) :].tolist(), np.array(logprobs), mel

    return answer


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["hf", "original"])
def test_tokens_of_any_length_of_clip_are_those_of_transformers(
    shallow: dict[Layout, Path], reference: object, tmp_path: Path, lines: object, layout: Layout
) -> None:
    result = build(BuildOptions(model=str(shallow[layout]), output=tmp_path / "bundle"), lines)
    runtime = Runtime(open_bundle(result.bundle))
    differences = {}
    for seconds in SECONDS:
        log_mel, prompt, tokens, logprobs = runtime.run(probe_waveform(seconds))
        expected_tokens, expected_logprobs, mel = reference(seconds, tuple(prompt.ids.tolist()))
        assert log_mel.shape == mel.shape
        assert tokens == expected_tokens, seconds
        differences[seconds] = float(np.abs(logprobs - expected_logprobs).max())
    print({seconds: f"{difference:.1e}" for seconds, difference in differences.items()})  # noqa: T201
    assert max(differences.values()) < 1e-3


@pytest.mark.slow
def test_the_command_writes_a_checkpoint_that_can_be_read(tmp_path: Path, tokenizers: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "edge_export.checkpoint.dummy",
        "--like",
        "0.6b",
        "--layers",
        "1",
        "--encoder-layers",
        "1",
    ]
    command += [
        "--layout",
        "original",
        "--shards",
        "2",
        "--tokenizer",
        str(tokenizers),
        "--output",
        str(tmp_path),
    ]
    subprocess.run(command, check=True)
    assert len(list(tmp_path.glob("model-*-of-00002.safetensors"))) == 2


@pytest.mark.full_size
@pytest.mark.parametrize(("size", "max_gigabytes"), [("0.6b", 16), ("1.7b", 18)])
def test_released_sizes_are_built_in_bounded_memory(
    tmp_path: Path, tokenizers: Path, size: str, max_gigabytes: float
) -> None:
    checkpoint, bundle = tmp_path / "dummy", tmp_path / "bundle"
    audio, text = RELEASED[size]
    write_dummy_checkpoint(audio, text, layout="original", tokenizer=tokenizers, output=checkpoint, shards=2)
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
    started = time.perf_counter()
    subprocess.run(command, check=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e9
    print(f"{size}: {time.perf_counter() - started:.0f} s, peak {peak:.1f} GB")  # noqa: T201
    assert peak < max_gigabytes
    open_bundle(bundle)
