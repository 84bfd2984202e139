"""The text decoder: one graph, run over the prompt and then token by token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, Protocol

import numpy as np

from edge_runtime.arrays import Array, AudioEmbeds
from edge_runtime.kv_cache import KVCache
from edge_runtime.manifest import DecoderSpec, Limits
from edge_runtime.prompt import TEXT_INDEX, Prompt
from edge_runtime.session import Session

_CAPACITY_STEP: Final = 256
"""Cache sizes are rounded up to this, so that clips of like length share one allocation."""


class Scored(NamedTuple):
    """The most likely next token.

    Attributes:
        token_id: its id.
        logprob: its natural log-probability.
    """

    token_id: int
    logprob: float


class StepDecoder(Protocol):
    """What greedy decoding needs of a decoder."""

    def prefill(self, prompt: Prompt, audio_embeds: AudioEmbeds, max_new_tokens: int) -> Scored:
        """Run the whole prompt and return the first token."""
        ...

    def step(self, token_id: int) -> Scored:
        """Append one token and return the next."""
        ...

    def steps(self, token_id: int, most: int) -> Sequence[Scored]:
        """Append one token, and those that follow from it as far as that is quicker; return all next ones."""
        ...


class Decoder:
    """Stateful one-sequence decoder; it owns its key/value cache."""

    def __init__(self, session: Session, spec: DecoderSpec, limits: Limits) -> None:
        self._session: Final = session
        self._spec: Final = spec
        self._chunk: Final = limits.prefill_chunk
        # Where the graph fixes the size, memory is taken at the start and not in a request.
        self._cache = KVCache(session, spec.kv_capacity) if spec.kv_capacity else None
        # The graph wants at least one row even where no position refers to it.
        self._no_audio: Final = np.zeros((1, spec.hidden_size), np.float32)
        self._text_index: Final = np.full((1, 1), TEXT_INDEX, np.int64)

    def prefill(self, prompt: Prompt, audio_embeds: AudioEmbeds, max_new_tokens: int) -> Scored:
        """Start a sequence: run the prompt, fill the cache.

        Long prompts go through in pieces. That is exact, since a piece attends to all pieces before it, and
        it bounds the attention scores to piece × capacity.

        Args:
            prompt: ids and audio positions, shape (S,).
            audio_embeds: encoder output, shape (A, H).
            max_new_tokens: tokens that may follow; the cache has room for them.

        Returns:
            The first generated token.
        """
        cache = self._cache = self._fresh_cache(len(prompt) + max_new_tokens)
        embeds = audio_embeds if len(audio_embeds) else self._no_audio
        for start in range(0, len(prompt), self._chunk):
            piece = slice(start, start + self._chunk)
            scored = self._run(cache, prompt.ids[None, piece], prompt.audio_index[None, piece], embeds)
        return scored

    def step(self, token_id: int) -> Scored:
        """Append one token to the sequence.

        Args:
            token_id: the token that `prefill` or `step` returned.

        Returns:
            The token after it.
        """
        assert self._cache is not None, "prefill() comes before step()"
        ids = np.full((1, 1), token_id, np.int64)
        return self._run(self._cache, ids, self._text_index, self._no_audio)

    def steps(self, token_id: int, most: int) -> Sequence[Scored]:
        """Append one token, and those that follow from it as far as the device goes on by itself.

        Args:
            token_id: the token that came last.
            most: tokens that are wanted at most, at least 1.

        Returns:
            The tokens after it, at least one; some may be behind the end of the text.
        """
        assert self._cache is not None, "prefill() comes before steps()"
        ids = np.full((1, 1), token_id, np.int64)
        feeds = _feeds(self._cache, ids, self._text_index, self._no_audio)
        return [_scored(outputs) for outputs in self._cache.run_ahead(feeds, most)]

    def _run(self, cache: KVCache, ids: Array, audio_index: Array, audio_embeds: AudioEmbeds) -> Scored:
        num_tokens = ids.shape[1]
        cache.require_room(num_tokens)
        outputs = cache.binding.run(_feeds(cache, ids, audio_index, audio_embeds))
        cache.advance(num_tokens)
        return _scored(outputs)

    def _fresh_cache(self, num_tokens: int) -> KVCache:
        capacity = self._spec.kv_capacity or -(-num_tokens // _CAPACITY_STEP) * _CAPACITY_STEP
        if self._cache is None or self._cache.capacity != capacity:
            self._cache = None  # free the old rows before allocating new ones
            self._cache = KVCache(self._session, capacity)
        self._cache.reset()
        return self._cache


def _feeds(cache: KVCache, ids: Array, audio_index: Array, audio_embeds: AudioEmbeds) -> dict[str, Array]:
    return {
        "input_ids": ids,
        "audio_index": audio_index,
        "audio_embeds": audio_embeds,
        "cache_len": np.full(1, cache.length, np.int64),
        "last_index": np.full(1, ids.shape[1] - 1, np.int64),
    }


def _scored(outputs: Mapping[str, Array]) -> Scored:
    return Scored(int(outputs["next_token"][0]), float(outputs["logprob"][0]))
