"""Tokens and classes of transformers, on a folder loaded as anyone would load it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import tokenizers
import torch
from transformers import (
    Qwen3ASRFeatureExtractor,
    Qwen3ASRForConditionalGeneration,
    Qwen3ASRForTokenClassification,
)
from transformers.utils import logging

from edge_runtime.arrays import Waveform
from tests.conftest import MINI_CHECKPOINT, ROOT, SPEECH

MAX_TOKENS = 20
UNITS = ("and", "so", "my", "fellow", "Americans", "ask", "not", "what", "your", "country")
_LIBRARY = tokenizers.Tokenizer.from_file(str(MINI_CHECKPOINT / "tokenizer.json"))


def clips() -> Iterator[Waveform]:
    """Yield real speech of 0.3, 4 and 11 s: below the shortest clip, and beyond one window."""
    speech, _ = soundfile.read(SPEECH, dtype="float32")
    yield speech[8000:12800]
    yield soundfile.read(ROOT / "tests" / "clips" / "en-00001.flac", dtype="float32")[0][:64000]
    yield speech


class Transformers:
    """A model of either kind."""

    def __init__(self, folder: Path, *, is_aligner: bool) -> None:
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        architecture = Qwen3ASRForTokenClassification if is_aligner else Qwen3ASRForConditionalGeneration
        self._model: Any = architecture.from_pretrained(folder, dtype=torch.float32).eval()
        self._extract = Qwen3ASRFeatureExtractor.from_pretrained(folder)

    @torch.inference_mode()
    def tokens(self, clip: Waveform, language: str | None) -> list[int]:
        """Return the greedy tokens up to the end of the text, the end left out."""
        features = self._features(clip)
        answer = f"language {language}<asr_text>" if language else ""
        ids = _ids(
            "<|im_start|>system\n<|im_end|>\n<|im_start|>user\n<|audio_start|>"
            + "<|audio_pad|>" * self._num_tokens(features)
            + f"<|audio_end|><|im_end|>\n<|im_start|>assistant\n{answer}"
        )
        generated = self._model.generate(
            input_ids=torch.tensor([ids]), **features, max_new_tokens=MAX_TOKENS, do_sample=False
        )
        ends = set(np.atleast_1d(self._model.generation_config.eos_token_id).tolist())
        return [token for token in generated[0, len(ids) :].tolist() if token not in ends]

    @torch.inference_mode()
    def classes(self, clip: Waveform) -> list[int]:
        """Return the class at each slot of `UNITS`."""
        features = self._features(clip)
        text = [_ids(unit) + _ids("<timestamp><timestamp>") for unit in UNITS]
        audio = _ids("<|audio_start|>" + "<|audio_pad|>" * self._num_tokens(features) + "<|audio_end|>")
        ids = torch.tensor([[*audio, *(each for unit in text for each in unit)]])
        (slot,) = _ids("<timestamp>")
        logits = self._model(input_ids=ids, **features).logits[0]
        return logits[ids[0] == slot].argmax(dim=-1).tolist()

    def _features(self, clip: Waveform) -> dict[str, torch.Tensor]:
        batch = self._extract(clip, sampling_rate=16_000, padding="longest", return_attention_mask=True)
        return {"input_features": batch["input_features"], "input_features_mask": batch["attention_mask"]}

    def _num_tokens(self, features: dict[str, torch.Tensor]) -> int:
        embeds = self._model.model.get_audio_features(**features).pooler_output
        return len(embeds)


def _ids(text: str) -> list[int]:
    ids: Sequence[int] = _LIBRARY.encode(text, add_special_tokens=False).ids
    return list(ids)
