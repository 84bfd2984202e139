"""transformers on torch: encoder, prefill and greedy steps with the KV cache of transformers."""

from __future__ import annotations

import inspect
import wave
from statistics import fmean
from time import perf_counter
from typing import Any, Final

import numpy as np
import torch
import transformers
from transformers import Qwen3ASRFeatureExtractor, Qwen3ASRForConditionalGeneration
from transformers.cache_utils import DynamicCache
from transformers.utils import logging

from edge_bench.peers.peer import Clip, Settings, StageTimes
from edge_bench.speed.figures import peak_rss_bytes


class Reference:
    """The model in one floating-point type."""

    def __init__(self, settings: Settings, dtype: str) -> None:
        self._settings: Final = settings
        self._dtype: Final[torch.dtype] = getattr(torch, dtype)
        self._model: Any = None

    def available(self) -> str | None:
        """Return that a checkpoint is missing, where it is."""
        return None if self._settings.hf else "it needs a checkpoint in the layout of transformers (hf)"

    def versions(self) -> dict[str, str]:
        """Return the versions of torch and transformers."""
        return {"torch": torch.__version__, "transformers": transformers.__version__}

    def convert(self) -> None:
        """Do nothing: transformers loads the checkpoint itself."""

    def prepare(self) -> None:
        """Load the model."""
        torch.set_num_threads(self._settings.threads)
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        load = Qwen3ASRForConditionalGeneration.from_pretrained
        model: Any = load(self._settings.hf, dtype=self._dtype, local_files_only=True)
        self._model = model.eval()

    @torch.inference_mode()
    def run(self, clip: Clip, num_tokens: int) -> StageTimes:
        """Run features, encoder, prompt and steps; the end of the text is ignored."""
        marks = [perf_counter()]
        mel, mask = self._features(clip)
        marks.append(perf_counter())
        audio_embeds = self._model.get_audio_features(mel, mask).pooler_output
        marks.append(perf_counter())
        cache = DynamicCache(config=self._model.config.text_config)
        token = self._forward(cache, inputs_embeds=self._prompt(clip, audio_embeds))
        marks.append(perf_counter())
        for _ in range(num_tokens - 1):
            token = self._forward(cache, input_ids=token)
            marks.append(perf_counter())
        frontend, encoder, prefill, *steps = 1e3 * np.diff(marks)
        return StageTimes(
            frontend_ms=float(frontend),
            encoder_ms=float(encoder),
            prefill_ms=float(prefill),
            step_ms=fmean(steps),
            peak_bytes=peak_rss_bytes(),
        )

    def _features(self, clip: Clip) -> tuple[torch.Tensor, torch.Tensor]:
        with wave.open(str(clip.wav)) as file:
            rate, data = file.getframerate(), file.readframes(file.getnframes())
        samples = np.frombuffer(data, "<i2").astype(np.float32) / 32768
        extract = Qwen3ASRFeatureExtractor()  # type: ignore[no-untyped-call]
        batch = extract(samples, sampling_rate=rate, padding="longest", return_attention_mask=True)
        return batch["input_features"].to(self._dtype), batch["attention_mask"]

    def _prompt(self, clip: Clip, audio_embeds: torch.Tensor) -> torch.Tensor:
        ids = torch.tensor([clip.prompt_ids])
        embeds: torch.Tensor = self._model.get_input_embeddings()(ids)
        embeds[0, ids[0] == clip.audio_id] = audio_embeds
        return embeds

    def _forward(self, cache: DynamicCache, **inputs: torch.Tensor) -> torch.Tensor:
        cache_arguments = {cache_argument(self._model.forward): cache}
        output = self._model(**inputs, **cache_arguments, use_cache=True, logits_to_keep=1)
        best: torch.Tensor = output.logits[0, -1].argmax().reshape(1, 1)
        return best


def cache_argument(forward: Any) -> str:
    """Return the name of a model's cache argument: transformers 5.24 renamed `past_key_values` to `cache`."""
    return "cache" if "cache" in inspect.signature(forward).parameters else "past_key_values"


def make(settings: Settings, variant: str) -> Reference:
    """Make the peer for a floating-point type of torch."""
    return Reference(settings, variant)
