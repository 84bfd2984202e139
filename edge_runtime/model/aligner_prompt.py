"""The aligner's prompt: audio, then every unit of the text with two timestamp slots.

Source: `prepare_input` of `qwen_asr` 0.0.6 (`inference/qwen3_forced_aligner.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge_runtime.arrays import TokenIds
from edge_runtime.bundle.specs import AlignerSpec
from edge_runtime.model.prompt import TEXT_INDEX


@dataclass(frozen=True, slots=True)
class AlignPrompt:
    """Input of the aligner graph.

    Attributes:
        ids: token ids, shape (S,); the audio placeholder stands once per audio embedding.
        audio_index: row of the audio embeddings for each position, `TEXT_INDEX` elsewhere, shape (S,).
        slot_index: positions of the timestamp slots, start and end of each unit in turn, shape (2 × units,).
    """

    ids: TokenIds
    audio_index: TokenIds
    slot_index: TokenIds

    def __len__(self) -> int:
        return int(self.ids.size)


def build_align_prompt(
    spec: AlignerSpec, num_audio_tokens: int, unit_ids: Sequence[Sequence[int]]
) -> AlignPrompt:
    """Assemble the prompt, which has no chat markup.

    Args:
        spec: ids of the fixed parts.
        num_audio_tokens: how many audio embeddings there are.
        unit_ids: ids of each unit, each tokenized alone. Without units, the prompt has one pair of slots.
    """
    text = [token_id for ids in (unit_ids or [()]) for token_id in (*ids, spec.slot_id, spec.slot_id)]
    audio = [spec.audio_start_id, *[spec.audio_id] * num_audio_tokens, spec.audio_end_id]
    return prompt_of_ids(spec, np.array([*audio, *text], np.int64))


def prompt_of_ids(spec: AlignerSpec, ids: TokenIds) -> AlignPrompt:
    """Return the prompt with these ids, shape (S,); audio and slots are where their ids are."""
    is_audio = ids == spec.audio_id
    audio_index = np.where(is_audio, np.cumsum(is_audio) - 1, TEXT_INDEX)
    return AlignPrompt(ids, audio_index, np.flatnonzero(ids == spec.slot_id).astype(np.int64))


def prompt_length(num_audio_tokens: int, unit_ids: Sequence[Sequence[int]]) -> int:
    """Return the number of tokens of the prompt without building it."""
    return 2 + num_audio_tokens + sum(len(ids) + 2 for ids in unit_ids or [()])
