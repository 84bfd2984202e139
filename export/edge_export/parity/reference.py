"""The reference implementation: transformers' own modules in float32 on the same weights."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

import torch
from transformers import Qwen3ASRConfig, Qwen3ASRFeatureExtractor, Qwen3ASRForConditionalGeneration
from transformers.cache_utils import DynamicCache
from transformers.utils import logging

from edge_export.checkpoint.hf_json import hf_config
from edge_export.checkpoint.tensor_names import EMBEDDING, TIED_HEAD
from edge_export.parity.reference_output import ReferenceOutput
from edge_runtime.model.prompt import build_prompt

if TYPE_CHECKING:
    from edge_export.checkpoint.config import ModelConfig
    from edge_export.checkpoint.weights import Weights
    from edge_runtime.arrays import LogMel, Waveform
    from edge_runtime.bundle.specs import FeatureSpec, PromptSpec
    from edge_runtime.model.aligner_prompt import AlignPrompt
    from edge_runtime.model.prompt import Prompt

NUM_STEPS: Final = 50
"""Greedy tokens per probe, end-of-sequence ignored."""


class ReferenceModel:
    """transformers' model of either kind, from samples to the embeddings of a prompt."""

    def __init__(
        self, architecture: Any, config: ModelConfig, weights: Weights, features: FeatureSpec
    ) -> None:
        self._model: Final = load_model(architecture, config, weights)
        self._extract: Final = extractor(features)
        self._sample_rate: Final = features.sample_rate

    def _encode(self, waveform: Waveform) -> tuple[LogMel, torch.Tensor]:
        """Return features without padding, shape (F, T), and audio embeddings, shape (A, H)."""
        batch = self._extract(
            waveform, sampling_rate=self._sample_rate, padding="longest", return_attention_mask=True
        )
        mel, mask = batch["input_features"], batch["attention_mask"]
        embeds = self._model.model.get_audio_features(mel, mask).pooler_output
        return mel[0, :, : int(mask.sum())].numpy(), embeds

    def _embed(self, prompt: Prompt | AlignPrompt, audio_embeds: torch.Tensor) -> torch.Tensor:
        """Return a prompt's embeddings with the audio's in their places, shape (1, S, H)."""
        embeds: torch.Tensor = self._model.get_input_embeddings()(torch.from_numpy(prompt.ids)[None])
        embeds[0, torch.from_numpy(prompt.audio_index >= 0)] = audio_embeds
        return embeds


class Reference(ReferenceModel):
    """transformers' recognizer."""

    def __init__(
        self, config: ModelConfig, weights: Weights, features: FeatureSpec, prompt: PromptSpec
    ) -> None:
        super().__init__(Qwen3ASRForConditionalGeneration, config, weights, features)
        self._prompt: Final = prompt

    @torch.inference_mode()
    def run(self, waveform: Waveform) -> ReferenceOutput:
        """Run one clip through features, encoder and `NUM_STEPS` greedy steps."""
        log_mel, embeds = self._encode(waveform)
        logits = self._decode(embeds)
        token_ids, logprobs = best(logits)
        return ReferenceOutput(
            waveform=waveform,
            log_mel=log_mel,
            audio_embeds=embeds.numpy(),
            token_ids=token_ids.numpy(),
            logprobs=logprobs.numpy(),
            logits=logits.numpy(),
        )

    def _decode(self, audio_embeds: torch.Tensor) -> torch.Tensor:
        """Return the logits after the prompt and after every greedy token but the last."""
        embeds = self._embed(build_prompt(self._prompt, len(audio_embeds)), audio_embeds)
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
        return torch.stack(rows)


def best(logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the arg-max of logits (N, V), shape (N,), and its natural log-probability, shape (N,)."""
    ids = logits.argmax(dim=-1)
    return ids, logits.log_softmax(dim=-1).gather(1, ids[:, None])[:, 0]


def cache_argument(model: Any) -> str:
    """Return the name of the model's cache argument; transformers 5.24 warns of the older one."""
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
