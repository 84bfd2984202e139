"""The prompt: ids around the audio, and where each audio embedding goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge_runtime.arrays import TokenIds
from edge_runtime.bundle.specs import PromptSpec

TEXT_INDEX = -1
"""Audio index of a text position."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Decoder input up to the first generated token.

    Attributes:
        ids: token ids, shape (S,); the audio placeholder stands once per audio embedding.
        audio_index: row of the audio embeddings for each position, `TEXT_INDEX` for text, shape (S,).
    """

    ids: TokenIds
    audio_index: TokenIds

    def __len__(self) -> int:
        return int(self.ids.size)

    @property
    def audio_start(self) -> int:
        """Number of tokens before the audio."""
        return int((self.audio_index != TEXT_INDEX).argmax())

    @property
    def head_ids(self) -> tuple[int, ...]:
        """The tokens before the audio."""
        return tuple(self.ids[: self.audio_start].tolist())


def build_prompt(
    spec: PromptSpec,
    num_audio_tokens: int,
    *,
    opening_ids: Sequence[int] = (),
    force_ids: Sequence[int] = (),
) -> Prompt:
    """Assemble the transcription prompt.

    The system turn is always present, even when it is empty. A forced language is a prefill of the answer;
    with the language in the system turn, the model may still answer "None" (`MODEL.md` section 4).

    Args:
        spec: ids of the fixed parts.
        num_audio_tokens: how many audio embeddings there are.
        opening_ids: of the system turn up to the end of the context, the texts of both joined before they
            are tokenised; nothing for an empty context.
        force_ids: ids of `language NAME<asr_text>`, or nothing to let the model detect the language.
    """
    before = (*(opening_ids or spec.before_context), *spec.before_audio)
    after = (*spec.after_audio, *force_ids)
    ids = np.array((*before, *[spec.audio_id] * num_audio_tokens, *after), np.int64)
    audio_index = np.full(ids.shape, TEXT_INDEX, np.int64)
    audio_index[len(before) : len(before) + num_audio_tokens] = np.arange(num_audio_tokens)
    return Prompt(ids, audio_index)
