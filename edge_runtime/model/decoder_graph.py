"""One call of the decoder graph, with the inputs and outputs of its lowering."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Protocol

import numpy as np

from edge_runtime.arrays import Array, AudioEmbeds
from edge_runtime.backends.session import Binding
from edge_runtime.bundle.specs import Component


def scores_many_tokens(component: Component) -> bool:
    """Return whether a decoder graph has the dimension `scored`; older `modern` and `legacy` ones lack it."""
    shapes = {spec.name: spec.shape for spec in component.inputs}
    return len(shapes.get("last_index", ())) > 1


def max_scored_tokens(component: Component) -> int:
    """Return how many tokens of one sequence a call can take and score.

    Returns:
        1 for a graph without the dimension `scored`; the largest of its profiles for an engine; any number
        for other graphs.
    """
    if not scores_many_tokens(component):
        return 1
    if component.engine is None:
        return sys.maxsize
    profiles = (profile.dims for profile in component.engine.profiles)
    return max((min(dims["sequence"].max, dims["scored"].max) for dims in profiles), default=1)


def scores_any_tokens(component: Component) -> bool:
    """Return whether a call takes and scores any number of tokens; an engine's profiles have limits."""
    return component.engine is None and scores_many_tokens(component)


class CacheRows(Protocol):
    """The cache of a call: of one sequence or of a batch."""

    @property
    def binding(self) -> Binding:
        """The graph with the rows bound."""
        ...

    @property
    def scores_many_tokens(self) -> bool:
        """Whether a call can score several tokens."""
        ...

    @property
    def lengths(self) -> Array:
        """Rows in use of each sequence, shape (B,)."""
        ...

    @property
    def row_feeds(self) -> Mapping[str, Array]:
        """Inputs of a call that say which rows of the cache it reads."""
        ...

    def require_room(self, num_tokens: int) -> None:
        """Make room for the tokens, or raise if they do not fit."""
        ...

    def advance(self, num_tokens: int) -> None:
        """Count rows that the graph has just written."""
        ...


def call_decoder(
    cache: CacheRows,
    ids: Array,
    audio_index: Array,
    audio_embeds: AudioEmbeds,
    num_scored: int = 1,
    *,
    more_follow: bool = False,
) -> Mapping[str, Array]:
    """Run new tokens of every sequence of a cache and advance it.

    Args:
        cache: of the sequences.
        ids: token ids, shape (B, S).
        audio_index: row of audio_embeds or `TEXT_INDEX`, shape (B, S).
        audio_embeds: audio embeddings, shape (A, H), A at least 1.
        num_scored: N; the graph returns the next token after each of the last N tokens. More than one only
            where the cache `scores_many_tokens`.
        more_follow: whether another call of this kind follows at once.

    Returns:
        The graph's outputs; next_token and logprob have shape (B, N).

    Raises:
        GraphError: the tokens do not fit the cache.
    """
    cache.require_room(ids.shape[1])
    feeds = decoder_feeds(cache, ids, audio_index, audio_embeds, num_scored)
    outputs = cache.binding.run({**feeds, **cache.row_feeds}, more_follow=more_follow)
    cache.advance(ids.shape[1])
    return with_token_axis(cache, outputs)


def decoder_feeds(
    cache: CacheRows, ids: Array, audio_index: Array, audio_embeds: AudioEmbeds, num_scored: int = 1
) -> dict[str, Array]:
    """Return the graph's inputs for a call, those aside that say which rows it reads; see `call_decoder`."""
    batch, length = ids.shape
    scored = np.tile(np.arange(length - num_scored, length), (batch, 1))
    return {
        "input_ids": ids,
        "audio_index": audio_index,
        "audio_embeds": audio_embeds,
        "cache_len": cache.lengths,
        "last_index": scored if cache.scores_many_tokens else scored[:, -1],
    }


def with_token_axis(cache: CacheRows, outputs: Mapping[str, Array]) -> Mapping[str, Array]:
    """Return a graph's outputs with an axis of length 1 for the scored tokens where they have none."""
    return outputs if cache.scores_many_tokens else {name: value[:, None] for name, value in outputs.items()}
