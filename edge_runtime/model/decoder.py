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
from edge_runtime.model.decoder_graph import (
    call_decoder,
    decoder_feeds,
    max_scored_tokens,
    scores_any_tokens,
    with_token_axis,
)
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.kv_cache import KVCache
from edge_runtime.model.prompt import TEXT_INDEX, Prompt

_CAPACITY_STEP: Final = 256
"""Cache capacities are multiples of this, so that recordings of similar length share one allocation."""

_MAX_RETAINED_ROWS: Final = 512
"""Largest cache, in rows, that `release` keeps for the next sequence: half a minute of audio. A prompt of the
0.6B shapes takes a twentieth longer in newly allocated memory."""

RECHECK_MARGIN: Final = 0.5
"""Logits by which a token must win in a call of several tokens; a step alone repeats a closer decision.

Such a call sums in another order, which changes a logit by 1e-6 of its value in float32; in float16 logits of
16 to 32 are 0.016 apart. At four bits an activation may round to another code, which changes a logit by up to
0.2."""


class ScoredToken(NamedTuple):
    """The most likely next token.

    Attributes:
        token_id: its id.
        logprob: its natural log-probability.
        margin: its logit minus the next lower one; infinite where the graph does not give it.
    """

    token_id: int
    logprob: float
    margin: float = inf


class Decoder:
    """Stateful one-sequence decoder; it owns its key/value cache."""

    def __init__(self, session: Session, spec: DecoderSpec, limits: Limits, *, min_rows: int = 0) -> None:
        """Take a loaded graph, which other decoders may share.

        Args:
            session: the decoder graph.
            spec: its geometry.
            limits: of the bundle.
            min_rows: least cache rows to allocate, so that a sequence that grows keeps its cache.
        """
        self._session: Final = session
        self._spec: Final = spec
        self.min_rows: Final = min_rows
        self._chunk: Final = limits.prefill_chunk
        # Where the graph fixes the capacity, the cache is allocated here and not in a request.
        self._cache = KVCache(session, spec.kv_capacity) if spec.kv_capacity else None
        self._head_ids: tuple[int, ...] = ()
        # The graph requires at least one row, even where no position refers to it.
        self._no_audio: Final = np.zeros((1, spec.hidden_size), np.float32)
        self._text_index: Final = np.full((1, 1), TEXT_INDEX, np.int64)

    def prefill(self, decoder_input: DecoderInput) -> ScoredToken:
        """Start a sequence: run the prompt, fill the cache.

        Long prompts run in pieces (chunked prefill). The result is exact, since a piece attends to all pieces
        before it, and the attention scores take no more than piece × capacity.

        Args:
            decoder_input: the sequence; the cache has room for all the tokens that it may become.

        Returns:
            The first generated token.
        """
        return self.resume(decoder_input, 0)[0]

    def resume(
        self, decoder_input: DecoderInput, num_kept: int, draft_ids: Sequence[int] = ()
    ) -> list[ScoredToken]:
        """Start a sequence that begins like the present one: run the rest of the prompt, and a draft with it.

        Args:
            decoder_input: the sequence, as of `prefill`.
            num_kept: tokens at the beginning of the prompt that the present sequence begins with too.
            draft_ids: expected to follow the prompt; none unless `verifies_behind_prompt`.

        Returns:
            The token after the prompt and after each token of the draft, as of `verify`.
        """
        cache = self._sized_cache(decoder_input.num_cache_rows)
        cache.reset(min(num_kept, cache.length))
        self._head_ids = decoder_input.prompt.head_ids
        return prefill_cache(cache, decoder_input, self._no_audio, self._chunk, draft_ids)

    def num_kept_head(self, prompt: Prompt) -> int:
        """Return how many tokens of a prompt's head the present sequence begins with too.

        Recordings of one stream have the same head, so only the first of them runs it. Where the present
        sequence has come to a larger bucket, none is kept: a new one begins in the smallest.
        """
        if self._cache is None or self._cache.has_grown or self._head_ids != prompt.head_ids:
            return 0
        return min(len(self._head_ids), self._cache.length)

    @property
    def verifies_behind_prompt(self) -> bool:
        """Whether `resume` takes a draft."""
        return scores_any_tokens(self._session.component)

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
        """Append one token and run further steps on the device, each fed with the token of the one before.

        Args:
            token_id: the token that was returned last.
            max_tokens: most tokens to return, at least 1.

        Returns:
            The token after each step, at least one; the last may be past the end of the text.
        """
        assert self._cache is not None, "prefill() comes before multi_step()"
        ids = np.full((1, 1), token_id, np.int64)
        feeds = decoder_feeds(self._cache, ids, self._text_index, self._no_audio)
        return [
            scored_tokens(with_token_axis(self._cache, each))[0]
            for each in self._cache.run_steps(feeds, max_tokens)
        ]

    @property
    def max_verified_tokens(self) -> int:
        """Most tokens of one call of `verify`; 1 where the graph scores one token a call."""
        return max_scored_tokens(self._session.component)

    def verify(self, token_ids: Sequence[int]) -> list[ScoredToken]:
        """Append tokens to the sequence in one call.

        Args:
            token_ids: the token that was returned last, then the draft; `max_verified_tokens` at most.

        Returns:
            The token after each of them, as if they had been appended one by one. Results after a draft token
            that is wrong have no meaning: `rewind` to the token before it.
        """
        assert self._cache is not None, "prefill() comes before step()"
        ids = np.array([token_ids], np.int64)
        text = self._text_index if len(token_ids) == 1 else np.full_like(ids, TEXT_INDEX)
        return scored_tokens(call_decoder(self._cache, ids, text, self._no_audio, len(token_ids)))

    def rewind(self, num_tokens: int) -> None:
        """Remove the last tokens of the sequence."""
        assert self._cache is not None, "prefill() comes before rewind()"
        self._cache.reset(self._cache.length - num_tokens)

    def release(self) -> None:
        """End the sequence. A large cache is freed, unless the graph fixes its capacity."""
        if (
            self._cache is not None
            and not self._spec.kv_capacity
            and self._cache.capacity > _MAX_RETAINED_ROWS
        ):
            self._cache = None

    def _sized_cache(self, num_tokens: int) -> KVCache:
        """Return the present cache if it has the size that the tokens need, else an empty one."""
        num_rows = max(num_tokens, self.min_rows)
        capacity = self._spec.kv_capacity or -(-num_rows // _CAPACITY_STEP) * _CAPACITY_STEP
        if self._cache is None or self._cache.capacity != capacity:
            self._cache = None  # free the old rows before allocating new ones
            self._cache = KVCache(self._session, capacity)
        return self._cache


def prefill_cache(
    cache: KVCache,
    decoder_input: DecoderInput,
    no_audio: AudioEmbeds,
    chunk: int,
    draft_ids: Sequence[int] = (),
) -> list[ScoredToken]:
    """Run a prompt in pieces, with a draft behind it.

    Args:
        cache: takes the rows of the prompt; those that it has are of its beginning.
        decoder_input: prompt and audio embeddings.
        no_audio: embeddings to feed where there are none, shape (1, H).
        chunk: most tokens of a piece.
        draft_ids: expected to follow the prompt.

    Returns:
        The token after the prompt and after each token of the draft.
    """
    prompt, audio_embeds = decoder_input.prompt, decoder_input.audio_embeds
    ids = np.append(prompt.ids[cache.length :], np.array(draft_ids, np.int64))
    audio_index = np.append(prompt.audio_index[cache.length :], np.full(len(draft_ids), TEXT_INDEX, np.int64))
    cache.require_room(len(ids))
    embeds = audio_embeds if len(audio_embeds) else no_audio
    first_scored = len(ids) - len(draft_ids) - 1
    next_tokens: list[ScoredToken] = []
    for start in range(0, len(ids), chunk):
        piece, end = slice(start, start + chunk), min(start + chunk, len(ids))
        num_scored = end - max(start, first_scored)
        outputs = call_decoder(
            cache,
            ids[None, piece],
            audio_index[None, piece],
            embeds,
            max(1, num_scored),
            more_follow=end < len(ids),
        )
        if num_scored > 0:
            next_tokens += scored_tokens(outputs)
    return next_tokens


def scored_tokens(outputs: Mapping[str, Array], sequence: int = 0) -> list[ScoredToken]:
    """Return the next token after each scored token of one sequence."""
    columns = [
        outputs[name][sequence].tolist() for name in ("next_token", "logprob", "margin") if name in outputs
    ]
    return [ScoredToken(*row) for row in zip(*columns, strict=True)]
