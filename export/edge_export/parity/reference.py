"""Answers of the reference implementation: transformers' own modules in float32 on the same weights."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from transformers import Qwen3ASRConfig, Qwen3ASRFeatureExtractor, Qwen3ASRForConditionalGeneration
from transformers.cache_utils import DynamicCache
from transformers.utils import logging

from edge_export.checkpoint.hf_json import hf_config
from edge_export.checkpoint.tensor_names import EMBEDDING, TIED_HEAD
from edge_runtime.model.prompt import build_prompt

if TYPE_CHECKING:
    from pathlib import Path

    from edge_export.checkpoint.config import ModelConfig
    from edge_export.checkpoint.weights import Weights
    from edge_runtime.arrays import Array, AudioEmbeds, LogMel, TokenIds, Waveform
    from edge_runtime.bundle.specs import FeatureSpec, PromptSpec

NUM_STEPS: Final = 50
"""Greedy tokens per probe, end-of-sequence ignored."""


@dataclass(frozen=True, slots=True)
class ReferenceOutput:
    """What the reference says of one waveform.

    Attributes:
        waveform: samples, shape (N,).
        log_mel: features without padding, shape (F, T).
        audio_embeds: encoder and projector, shape (A, H).
        token_ids: greedy tokens, shape (NUM_STEPS,).
        logprobs: their natural log-probabilities, shape (NUM_STEPS,).
        logits: after the prompt and after every token but the last, shape (NUM_STEPS, V).
    """

    waveform: Waveform
    log_mel: LogMel
    audio_embeds: AudioEmbeds
    token_ids: TokenIds
    logprobs: Array
    logits: Array

    def save(self, path: Path) -> None:
        """Write all arrays to an .npz file."""
        np.savez(path, **{name: getattr(self, name) for name in self.__slots__})


def load_reference_output(path: Path) -> ReferenceOutput:
    """Read what `Answer.save` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return ReferenceOutput(**{name: arrays[name] for name in ReferenceOutput.__slots__})


class Reference:
    """transformers' model, ready to answer."""

    def __init__(
        self, config: ModelConfig, weights: Weights, features: FeatureSpec, prompt: PromptSpec
    ) -> None:
        self._model: Final = load_model(Qwen3ASRForConditionalGeneration, config, weights)
        self._extract: Final = extractor(features)
        self._sample_rate: Final = features.sample_rate
        self._prompt: Final = prompt

    @torch.inference_mode()
    def run(self, waveform: Waveform) -> ReferenceOutput:
        """Run one clip through features, encoder and `NUM_STEPS` greedy steps."""
        batch = self._extract(
            waveform, sampling_rate=self._sample_rate, padding="longest", return_attention_mask=True
        )
        mel, mask = batch["input_features"], batch["attention_mask"]
        embeds = self._model.get_audio_features(mel, mask).pooler_output
        token_ids, logits = self._decode(embeds)
        best_logprobs = logits.log_softmax(dim=-1).gather(1, token_ids[:, None])[:, 0]
        return ReferenceOutput(
            waveform=waveform,
            log_mel=mel[0, :, : int(mask.sum())].numpy(),
            audio_embeds=embeds.numpy(),
            token_ids=token_ids.numpy(),
            logprobs=best_logprobs.numpy(),
            logits=logits.numpy(),
        )

    def _decode(self, audio_embeds: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        prompt = build_prompt(self._prompt, len(audio_embeds))
        ids = torch.from_numpy(prompt.ids)[None]
        embeds = self._model.get_input_embeddings()(ids)
        embeds[0, torch.from_numpy(prompt.audio_index >= 0)] = audio_embeds
        cached = {
            cache_argument(self._model): DynamicCache(config=self._model.config.text_config),
            "use_cache": True,
        }
        rows = []
        output = self._model(inputs_embeds=embeds, logits_to_keep=1, **cached)
        rows.append(output.logits[0, -1])
        while len(rows) < NUM_STEPS:
            token = rows[-1].argmax().reshape(1, 1)
            output = self._model(input_ids=token, **cached)
            rows.append(output.logits[0, -1])
        logits = torch.stack(rows)
        return logits.argmax(dim=-1), logits


def cache_argument(model: Any) -> str:
    """Return what the model calls its key/value cache; transformers 5.24 warns of the name before it."""
    return "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"


def load_model(architecture: Any, config: ModelConfig, weights: Weights) -> Any:
    """Load a class of transformers in float32 with the weights of a checkpoint of either layout."""
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    settings = Qwen3ASRConfig.from_dict(hf_config(config))
    with torch.device("meta"):
        model = architecture(settings)
    state = {name: weights.read(name).to(torch.float32) for name in weights.names()}
    tied = {TIED_HEAD: state[EMBEDDING]} if config.kind == "asr" else {}
    model.load_state_dict(state | tied, assign=True)
    _restore_buffers(model)
    return model.eval()


def _restore_buffers(model: Any) -> None:
    """Compute the buffers that no checkpoint holds; built on the meta device they have no values."""
    rotary = model.model.language_model.rotary_emb
    inv_freq, _ = rotary.compute_default_rope_parameters(rotary.config)
    rotary.inv_freq = inv_freq
    rotary.original_inv_freq = inv_freq.clone()
    positions = model.model.audio_tower.positional_embedding
    positions.positional_embedding = positions.compute_default_singular_positional_embedding()
    unset = [name for name, tensor in (*model.named_parameters(), *model.named_buffers()) if tensor.is_meta]
    assert not unset, f"the reference model has values missing: {unset[:3]}"


def extractor(features: FeatureSpec) -> Qwen3ASRFeatureExtractor:
    """Return transformers' front end with the checkpoint's parameters."""
    return Qwen3ASRFeatureExtractor(  # type: ignore[no-untyped-call]
        feature_size=features.n_mels,
        sampling_rate=features.sample_rate,
        hop_length=features.hop_length,
        n_fft=features.n_fft,
        min_length=features.min_samples,
    )
