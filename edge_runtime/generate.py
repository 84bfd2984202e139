"""Greedy decoding."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from edge_runtime.arrays import AudioEmbeds
from edge_runtime.decoder import Scored, StepDecoder
from edge_runtime.prompt import Prompt


@dataclass(frozen=True, slots=True)
class Generation:
    """One hypothesis.

    Attributes:
        token_ids: generated ids, the end-of-sequence id excluded.
        logprobs: natural log-probability of each id.
        finish_reason: "eos", or "length" where the token budget ended the text.
    """

    token_ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    finish_reason: Literal["eos", "length"]


def generate(
    decoder: StepDecoder,
    prompt: Prompt,
    audio_embeds: AudioEmbeds,
    *,
    eos_ids: Collection[int],
    max_new_tokens: int,
) -> Generation:
    """Decode greedily until an end-of-sequence id or the token budget.

    Args:
        decoder: starts a new sequence.
        prompt: ids and audio positions.
        audio_embeds: encoder output, shape (A, H).
        eos_ids: ids that end the text.
        max_new_tokens: most ids to generate, at least 1.
    """
    token_ids: list[int] = []
    logprobs: list[float] = []
    found: Sequence[Scored] = [decoder.prefill(prompt, audio_embeds, max_new_tokens)]
    while True:
        for best in found:
            if best.token_id in eos_ids:
                return Generation(tuple(token_ids), tuple(logprobs), "eos")
            token_ids.append(best.token_id)
            logprobs.append(best.logprob)
        if len(token_ids) == max_new_tokens:
            return Generation(tuple(token_ids), tuple(logprobs), "length")
        found = decoder.steps(token_ids[-1], max_new_tokens - len(token_ids))
