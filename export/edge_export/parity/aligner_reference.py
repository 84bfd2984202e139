"""The reference aligner: transformers' own in float32, on its own reading of the checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch

from edge_export.parity.reference import ReferenceModel, best
from edge_export.parity.reference_output import AlignerReferenceOutput
from edge_runtime.model.aligner_prompt import build_align_prompt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_export.checkpoint.checkpoint import Checkpoint
    from edge_runtime.arrays import Waveform


class AlignerReference(ReferenceModel):
    """transformers' aligner."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__(checkpoint)
        assert checkpoint.aligner is not None, "an aligner has its spec"
        self._spec: Final = checkpoint.aligner

    @torch.inference_mode()
    def run(self, waveform: Waveform, unit_ids: Sequence[Sequence[int]]) -> AlignerReferenceOutput:
        """Run one clip and its units through features, encoder and classifier."""
        log_mel, audio_embeds = self._encode(waveform)
        prompt = build_align_prompt(self._spec, len(audio_embeds), unit_ids)
        embeds = self._embed(prompt, audio_embeds)
        all_logits: torch.Tensor = self._model(inputs_embeds=embeds, use_cache=False).logits
        logits = all_logits[0, torch.from_numpy(prompt.slot_index)]
        class_ids, logprobs = best(logits)
        return AlignerReferenceOutput(
            waveform=waveform,
            log_mel=log_mel,
            audio_embeds=audio_embeds.numpy(),
            prompt_ids=prompt.ids,
            class_ids=class_ids.numpy(),
            logprobs=logprobs.numpy(),
            logits=logits.numpy(),
        )
