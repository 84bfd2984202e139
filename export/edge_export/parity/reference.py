"""The reference implementation: transformers in float32, on its own reading of the checkpoint."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

import torch
from transformers.cache_utils import DynamicCache

from edge_export.parity.reference_output import ReferenceOutput
from edge_export.parity.transformers_model import load_extractor, load_model
from edge_runtime.model.prompt import build_prompt

if TYPE_CHECKING:
    from edge_export.checkpoint.checkpoint import Checkpoint
    from edge_runtime.arrays import LogMel, Waveform
    from edge_runtime.model.aligner_prompt import AlignPrompt
    from edge_runtime.model.prompt import Prompt

NUM_STEPS: Final = 50
"""Greedy tokens per probe, end-of-sequence ignored."""


class ReferenceModel:
    """transformers' model of either kind, from samples to the embeddings of a prompt."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._model: Final = load_model(checkpoint)
        self._extract: Final = load_extractor(
            checkpoint.source.directory, self._model.config.audio_config.num_mel_bins
        )

    def _encode(self, waveform: Waveform) -> tuple[LogMel, torch.Tensor]:
        """Return features without padding, shape (F, T), and audio embeddings, shape (A, H)."""
        batch = self._extract(
            waveform, sampling_rate=self._extract.sampling_rate, padding="longest", return_attention_mask=True
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

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__(checkpoint)
        assert checkpoint.prompt is not None, "a checkpoint that transcribes has a prompt"
        self._prompt: Final = checkpoint.prompt

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
