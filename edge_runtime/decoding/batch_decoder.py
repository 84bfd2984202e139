"""The decoder graph over several sequences at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from edge_runtime.backends.session import Session
from edge_runtime.bundle.manifest import Limits
from edge_runtime.bundle.specs import Component, DecoderSpec
from edge_runtime.decoding.backoff import Backoff
from edge_runtime.model.decoder import RECHECK_MARGIN, ScoredToken, prefill_cache, scored_tokens
from edge_runtime.model.decoder_graph import call_decoder
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.kv_batch import KVBatch
from edge_runtime.model.prompt import TEXT_INDEX

EXACT_RECHECK_MARGIN: Final = 1e-4
"""Logits by which a token must win in a batch at eight bits; `step` makes a closer decision again.

There, matrix products are exact sums of codes, whatever else is in the call, and the head scores the best
tokens one by one. Over 950 steps on two processors (0.6B shapes, eight rows) no margin moved at all. The
value is ten times what another order of summation in float32 would move a logit. With random weights, whose
margins are a tenth of a logit, one decision in a thousand is closer."""


class BatchDecoder:
    """Slots for sequences. A prompt is prefilled alone; a step reads the weights once for all sequences."""

    def __init__(
        self, session: Session, spec: DecoderSpec, limits: Limits, *, num_slots: int, capacity: int
    ) -> None:
        """Allocate the cache of every slot; see `KVBatch`."""
        self.num_slots: Final = num_slots
        self._chunk: Final = limits.prefill_chunk
        self._caches: Final = KVBatch(session, num_slots, spec.kv_capacity or capacity)
        self._no_audio: Final = np.zeros((1, spec.hidden_size), np.float32)
        variant = (session.component.lowering, session.component.precision)
        # A batch step after which most decisions are made again is slower than single steps.
        self._backoff: Final = Backoff()
        self._recheck_margin: Final = EXACT_RECHECK_MARGIN if variant == ("ort", "int8") else RECHECK_MARGIN

    def clear(self) -> None:
        """Forget all sequences; the next ones start in the smallest bucket of cache rows."""
        self._caches.clear()

    def prefill(self, slot: int, decoder_input: DecoderInput) -> ScoredToken:
        """Start a sequence in a slot; it replaces the one before.

        Args:
            slot: index of the slot.
            decoder_input: the sequence.

        Returns:
            The first generated token.
        """
        cache = self._caches.slots[slot]
        cache.reset()
        return prefill_cache(cache, decoder_input, self._no_audio, self._chunk)[0]

    def step(self, tokens: Mapping[int, int]) -> dict[int, ScoredToken]:
        """Append one token to each of some sequences. A close decision is made again by a step alone.

        Args:
            tokens: slot → the token returned last for its sequence.

        Returns:
            Slot → the token after it.
        """
        if len(tokens) == 1 or not self._backoff.should_try():
            return {slot: self._step_one(slot, token) for slot, token in tokens.items()}
        tokens_by_slot = self._step_batch(tokens)
        uncertain = [slot for slot, scored in tokens_by_slot.items() if scored.margin < self._recheck_margin]
        self._backoff.record(saved=2 * len(uncertain) < len(tokens))
        for slot in uncertain:
            cache = self._caches.slots[slot]
            cache.reset(cache.length - 1)
            tokens_by_slot[slot] = self._step_one(slot, tokens[slot])
        return tokens_by_slot

    def _step_batch(self, tokens: Mapping[int, int]) -> dict[int, ScoredToken]:
        num_slots = max(tokens) + 1
        cache = self._caches.bind_active(num_slots, tokens.keys())
        ids = np.array([[tokens.get(slot, 0)] for slot in range(num_slots)], np.int64)
        outputs = call_decoder(cache, ids, np.full_like(ids, TEXT_INDEX), self._no_audio)
        return {slot: scored_tokens(outputs, slot)[0] for slot in tokens}

    def _step_one(self, slot: int, token: int) -> ScoredToken:
        ids = np.array([[token]], np.int64)
        outputs = call_decoder(self._caches.slots[slot], ids, np.full_like(ids, TEXT_INDEX), self._no_audio)
        return scored_tokens(outputs)[0]


def max_slots(component: Component, requested: int) -> int:
    """Return the number of slots to use: the requested one, or the most that an engine's profiles allow."""
    if component.engine is None:
        return requested
    return min(requested, max(profile.dims["batch"].max for profile in component.engine.profiles))
