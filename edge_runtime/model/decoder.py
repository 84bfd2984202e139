"""The text decoder: one graph, run over the prompt and then token by token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import Final, NamedTuple

import numpy as np

from edge_runtime.arrays import Array, AudioEmbeds
from edge_runtime.backends.session import Session
from edge_runtime.bundle.manifest import Limits
from edge_runtime.bundle.specs import DecoderSpec
from edge_runtime.model.decoder_graph import call_decoder, decoder_feeds, with_token_axis
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.kv_cache import KVCache, scores_many_tokens
from edge_runtime.model.prompt import TEXT_INDEX

_CAPACITY_STEP: Final = 256
"""Cache sizes are rounded up to this, so that clips of like length share one allocation."""

_MAX_RETAINED_ROWS: Final = 512
"""Rows that the next sequence finds as they were left, half a minute of audio: taking fresh memory for them
costs a prompt of the 0.6B shapes a twentieth of its time."""


RECHECK_MARGIN: Final = 0.5
"""Logits by which a token must win to be taken from a call that several tokens share.

Sums come in another order there, which moves a logit by 1e-6 of itself, or at four bits by up to two tenths
where the rounding of an activation tips over; a closer decision is made again by a step of its own."""


class ScoredToken(NamedTuple):
    """The most likely next token.

    Attributes:
        token_id: its id.
        logprob: its natural log-probability.
        margin: by how much its logit exceeds the next; not known of every graph.
    """

    token_id: int
    logprob: float
    margin: float = inf


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

    def prefill(self, decoder_input: DecoderInput) -> ScoredToken:
        """Start a sequence: run the prompt, fill the cache.

        Long prompts go through in pieces. That is exact, since a piece attends to all pieces before it, and
        it bounds the attention scores to piece × capacity.

        Args:
            decoder_input: the sequence; the cache has room for all the tokens that it may become.

        Returns:
            The first generated token.
        """
        cache = self._cache = self._fresh_cache(decoder_input.num_cache_rows)
        return prefill_cache(cache, decoder_input, self._no_audio, self._chunk)

    def step(self, token_id: int) -> ScoredToken:
        """Append one token to the sequence.

        Args:
            token_id: the token that `prefill` or `step` returned.

        Returns:
            The token after it.
        """
        assert self._cache is not None, "prefill() comes before step()"
        return self.verify((token_id,))[0]

    def multi_step(self, token_id: int, max_tokens: int) -> Sequence[ScoredToken]:
        """Append one token, and those that follow from it as far as the device goes on by itself.

        Args:
            token_id: the token that came last.
            max_tokens: tokens that are wanted at most, at least 1.

        Returns:
            The tokens after it, at least one; some may be behind the end of the text.
        """
        assert self._cache is not None, "prefill() comes before steps()"
        ids = np.full((1, 1), token_id, np.int64)
        feeds = decoder_feeds(self._cache, ids, self._text_index, self._no_audio)
        return [
            scored_tokens(with_token_axis(self._cache, each))[0]
            for each in self._cache.run_steps(feeds, max_tokens)
        ]

    @property
    def can_verify(self) -> bool:
        """Whether `check` takes more than one token."""
        return scores_many_tokens(self._session)

    def verify(self, token_ids: Sequence[int]) -> list[ScoredToken]:
        """Append tokens to the sequence in one call.

        Args:
            token_ids: the token that was returned last, and guesses of those that follow it.

        Returns:
            For each of them the token after it, as if they had been appended one by one. Where a guess was
            wrong, what follows means nothing: `rewind` past it.
        """
        assert self._cache is not None, "prefill() comes before step()"
        ids = np.array([token_ids], np.int64)
        text = self._text_index if len(token_ids) == 1 else np.full_like(ids, TEXT_INDEX)
        return scored_tokens(call_decoder(self._cache, ids, text, self._no_audio, len(token_ids)))

    def rewind(self, num_tokens: int) -> None:
        """Take back the last tokens of the sequence."""
        assert self._cache is not None, "prefill() comes before rewind()"
        self._cache.reset(self._cache.length - num_tokens)

    def release(self) -> None:
        """End the sequence; a large cache is freed, one that the graph fixes stays."""
        if (
            self._cache is not None
            and not self._spec.kv_capacity
            and self._cache.capacity > _MAX_RETAINED_ROWS
        ):
            self._cache = None

    def _fresh_cache(self, num_tokens: int) -> KVCache:
        capacity = self._spec.kv_capacity or -(-num_tokens // _CAPACITY_STEP) * _CAPACITY_STEP
        if self._cache is None or self._cache.capacity != capacity:
            self._cache = None  # free the old rows before allocating new ones
            self._cache = KVCache(self._session, capacity)
        self._cache.reset()
        return self._cache


def prefill_cache(
    cache: KVCache, decoder_input: DecoderInput, no_audio: AudioEmbeds, chunk: int
) -> ScoredToken:
    """Run a prompt in pieces.

    Args:
        cache: empty; takes the rows of the prompt.
        decoder_input: prompt and audio embeddings.
        no_audio: embeddings to feed where there are none, shape (1, H).
        chunk: most tokens of a piece.

    Returns:
        The first generated token.
    """
    prompt, audio_embeds = decoder_input.prompt, decoder_input.audio_embeds
    embeds = audio_embeds if len(audio_embeds) else no_audio
    for start in range(0, len(prompt), chunk):
        piece = slice(start, start + chunk)
        ids, audio_index = prompt.ids[None, piece], prompt.audio_index[None, piece]
        outputs = call_decoder(cache, ids, audio_index, embeds, more_follow=start + chunk < len(prompt))
    return scored_tokens(outputs)[0]


def scored_tokens(outputs: Mapping[str, Array], sequence: int = 0) -> list[ScoredToken]:
    """Return what a call says of one sequence's scored tokens."""
    columns = [
        outputs[name][sequence].tolist() for name in ("next_token", "logprob", "margin") if name in outputs
    ]
    return [ScoredToken(*row) for row in zip(*columns, strict=True)]
