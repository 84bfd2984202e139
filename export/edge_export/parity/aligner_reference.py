"""Answers of transformers' own aligner in float32 on the same weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from transformers import Qwen3ASRForTokenClassification

from edge_export.parity.reference import extractor, load_model
from edge_runtime.model.aligner_prompt import build_align_prompt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edge_export.checkpoint.config import ModelConfig
    from edge_export.checkpoint.weights import Weights
    from edge_runtime.arrays import Array, AudioEmbeds, LogMel, TokenIds, Waveform
    from edge_runtime.bundle.specs import AlignerSpec, FeatureSpec
    from edge_runtime.model.aligner_prompt import AlignPrompt


@dataclass(frozen=True, slots=True)
class AlignerReferenceOutput:
    """What the reference says of one waveform and one text.

    Attributes:
        waveform: samples, shape (N,).
        log_mel: features without padding, shape (F, T).
        audio_embeds: encoder and projector, shape (A, H).
        prompt_ids: audio, units and slots, shape (S,).
        class_ids: of the slots, shape (num_slots,).
        logprobs: natural log-probabilities of the classes, shape (num_slots,).
        logits: shape (num_slots, C).
    """

    waveform: Waveform
    log_mel: LogMel
    audio_embeds: AudioEmbeds
    prompt_ids: TokenIds
    class_ids: TokenIds
    logprobs: Array
    logits: Array

    def save(self, path: Path) -> None:
        """Write all arrays to an .npz file."""
        np.savez(path, **{name: getattr(self, name) for name in self.__slots__})


def load_aligner_reference_output(path: Path) -> AlignerReferenceOutput:
    """Read what `AlignerReferenceOutput.save` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return AlignerReferenceOutput(**{name: arrays[name] for name in AlignerReferenceOutput.__slots__})


class AlignerReference:
    """transformers' aligner, ready to answer."""

    def __init__(
        self, config: ModelConfig, weights: Weights, features: FeatureSpec, spec: AlignerSpec
    ) -> None:
        self._model: Final = load_model(Qwen3ASRForTokenClassification, config, weights)
        self._extract: Final = extractor(features)
        self._sample_rate: Final = features.sample_rate
        self._spec: Final = spec

    @torch.inference_mode()
    def run(self, waveform: Waveform, unit_ids: Sequence[Sequence[int]]) -> AlignerReferenceOutput:
        """Run one clip and its units through features, encoder and classifier."""
        batch = self._extract(
            waveform, sampling_rate=self._sample_rate, padding="longest", return_attention_mask=True
        )
        mel, mask = batch["input_features"], batch["attention_mask"]
        embeds = self._model.model.get_audio_features(mel, mask).pooler_output
        prompt = build_align_prompt(self._spec, len(embeds), unit_ids)
        logits = self._classify(prompt, embeds)
        class_ids = logits.argmax(dim=-1)
        best_logprobs = logits.log_softmax(dim=-1).gather(1, class_ids[:, None])[:, 0]
        return AlignerReferenceOutput(
            waveform=waveform,
            log_mel=mel[0, :, : int(mask.sum())].numpy(),
            audio_embeds=embeds.numpy(),
            prompt_ids=prompt.ids,
            class_ids=class_ids.numpy(),
            logprobs=best_logprobs.numpy(),
            logits=logits.numpy(),
        )

    def _classify(self, prompt: AlignPrompt, audio_embeds: torch.Tensor) -> torch.Tensor:
        ids = torch.from_numpy(prompt.ids)[None]
        embeds = self._model.get_input_embeddings()(ids)
        embeds[0, torch.from_numpy(prompt.audio_index >= 0)] = audio_embeds
        logits: torch.Tensor = self._model(inputs_embeds=embeds, use_cache=False).logits
        return logits[0, torch.from_numpy(prompt.slot_index)]
