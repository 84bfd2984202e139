"""The aligner graph: one pass over audio and text, one class for each timestamp slot."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from edge_runtime.arrays import Array, AudioEmbeds, TokenIds
from edge_runtime.backends.session import Session
from edge_runtime.model.aligner_prompt import AlignPrompt


class TimestampClasses(NamedTuple):
    """The most likely class of each timestamp slot.

    Attributes:
        class_ids: shape (num_slots,).
        logprobs: their natural log-probabilities, shape (num_slots,).
    """

    class_ids: TokenIds
    logprobs: Array


class TimestampClassifier:
    """The text decoder without a cache, with a head for classes instead of tokens."""

    def __init__(self, session: Session) -> None:
        self._binding: Final = session.bind({})

    def classify(self, prompt: AlignPrompt, audio_embeds: AudioEmbeds) -> TimestampClasses:
        """Run one recording.

        Args:
            prompt: ids, audio and timestamp slots, at least one.
            audio_embeds: encoder output, shape (A, H), A at least 1.
        """
        outputs = self._binding.run(
            {
                "input_ids": prompt.ids[None],
                "audio_index": prompt.audio_index[None],
                "audio_embeds": np.ascontiguousarray(audio_embeds),
                "slot_index": prompt.slot_index[None],
            }
        )
        return TimestampClasses(outputs["class_id"][0], outputs["logprob"][0])
