"""What the decoder is given for one sequence."""

from __future__ import annotations

from dataclasses import dataclass

from edge_runtime.arrays import AudioEmbeds
from edge_runtime.model.prompt import Prompt


@dataclass(frozen=True, slots=True)
class DecoderInput:
    """One sequence to decode.

    Attributes:
        prompt: ids and audio positions, shape (S,).
        audio_embeds: encoder output, shape (A, H).
        max_new_tokens: most ids to generate, at least 1.
    """

    prompt: Prompt
    audio_embeds: AudioEmbeds
    max_new_tokens: int

    @property
    def num_cache_rows(self) -> int:
        """Cache rows that prompt and generated tokens need."""
        return len(self.prompt) + self.max_new_tokens
