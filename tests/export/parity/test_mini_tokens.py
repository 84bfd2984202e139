"""On real speech, the mini bundle gives the tokens of transformers with the same weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import soundfile
import torch
from transformers import AutoProcessor, Qwen3ASRForConditionalGeneration

from edge_bench.corpus import Clip, read_list
from edge_runtime.backends.registry import open_component
from edge_runtime.backends.session import SessionOptions
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.decoding.generate import generate
from edge_runtime.model.decoder import Decoder
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.encoder import Encoder
from edge_runtime.model.fbank import Fbank
from edge_runtime.model.prompt import build_prompt
from tests.conftest import MINI_CHECKPOINT, ROOT

BUDGET = 400
RATE = 16_000


class Runtime:
    """Samples to tokens, as a device does it."""

    def __init__(self, directory: Path) -> None:
        bundle = open_bundle(directory)
        manifest, options = bundle.manifest, SessionOptions()
        parts = manifest.require_asr()
        self.prompt = parts.prompt
        self.fbank = Fbank(manifest.features)
        encoder = open_component(bundle, "encoder", options)
        self.encoder = Encoder(encoder, manifest.encoder, manifest.limits.encoder_batch)
        self.decoder = Decoder(open_component(bundle, "decoder", options), parts.decoder, manifest.limits)

    def tokens(self, samples: Any) -> list[int]:
        embeds = self.encoder.encode(self.fbank(samples))
        prompt = build_prompt(self.prompt, len(embeds))
        decoder_input = DecoderInput(prompt, embeds, BUDGET)
        actual = generate(self.decoder, decoder_input, eos_ids=self.prompt.eos_ids)
        return list(actual.token_ids)


@pytest.fixture(scope="module")
def runtime(mini_bundle: Path) -> Runtime:
    return Runtime(mini_bundle)


@pytest.fixture(scope="module")
def transformers() -> Any:
    """Samples to tokens, with the library's processor and model."""
    processor = AutoProcessor.from_pretrained(MINI_CHECKPOINT)
    model = Qwen3ASRForConditionalGeneration.from_pretrained(MINI_CHECKPOINT, dtype=torch.float32).eval()
    eos_ids = set(model.generation_config.eos_token_id)

    def tokens(samples: Any) -> list[int]:
        inputs = processor.apply_transcription_request(audio=samples)
        ids = model.generate(**inputs, max_new_tokens=BUDGET)[0, inputs["input_ids"].shape[1] :]
        return [token for token in ids.tolist() if token not in eos_ids]

    return tokens


@pytest.mark.slow
@pytest.mark.parametrize(
    "corpus",
    [
        pytest.param("tests/clips/manifest.jsonl", id="bundled"),
        pytest.param("build/heldout/manifest.jsonl", id="held-out"),
    ],
)
def test_every_clip_gives_the_tokens_of_transformers(
    corpus: str, runtime: Runtime, transformers: Any
) -> None:
    path = ROOT / corpus
    if not path.is_file():
        pytest.skip("`make scores` makes the held-out clips; CI runs it before the tests")
    differing = []
    for clip in read_list(path, Clip):
        samples, rate = soundfile.read(path.parent / clip.audio, dtype="float32")
        assert rate == RATE
        if runtime.tokens(samples) != transformers(samples):
            differing.append(clip.id)
    assert not differing
