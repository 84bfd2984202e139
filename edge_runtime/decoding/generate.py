"""Greedy decoding."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol, runtime_checkable

from edge_runtime.decoding.draft_length import DraftLength
from edge_runtime.decoding.drafts import Draft
from edge_runtime.decoding.loop_guard import Cycle, LoopGuard, StopReason
from edge_runtime.model.decoder import RECHECK_MARGIN, ScoredToken
from edge_runtime.model.decoder_input import DecoderInput


class StepDecoder(Protocol):
    """The decoder that greedy decoding drives."""

    def prefill(self, decoder_input: DecoderInput) -> ScoredToken:
        """Run the whole prompt and return the first token."""
        ...

    def step(self, token_id: int) -> ScoredToken:
        """Append one token and return the next."""
        ...

    def multi_step(self, token_id: int, max_tokens: int) -> Sequence[ScoredToken]:
        """Append one token and run up to `max_tokens` steps on the device; return the token after each."""
        ...


@runtime_checkable
class VerifyingDecoder(StepDecoder, Protocol):
    """A decoder that can verify several draft tokens in one call."""

    @property
    def max_verified_tokens(self) -> int:
        """Most tokens of one call of `verify`; 1 where it cannot take a draft."""
        ...

    def verify(self, token_ids: Sequence[int]) -> list[ScoredToken]:
        """Append tokens and return the one after each."""
        ...

    def rewind(self, num_tokens: int) -> None:
        """Remove the last tokens."""
        ...


FinishReason = Literal["eos", "length"] | StopReason


@dataclass(frozen=True, slots=True)
class Generation:
    """One hypothesis.

    Attributes:
        token_ids: generated ids, the end-of-sequence id excluded.
        logprobs: natural log-probability of each id.
        finish_reason: "eos", "length" where the token budget ended the text, else why the guard did.
        cycle: where the reason is "cycle".
    """

    token_ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    finish_reason: FinishReason
    cycle: Cycle | None = None

    @property
    def stopped(self) -> bool:
        """Whether the guard ended the text."""
        return self.finish_reason in ("cycle", "ceiling")


def generate(
    decoder: StepDecoder,
    decoder_input: DecoderInput,
    *,
    eos_ids: Collection[int],
    draft: Draft | None = None,
    guard: LoopGuard | None = None,
) -> Generation:
    """Decode greedily until an end-of-sequence id, the token budget, or a loop.

    Args:
        decoder: starts a new sequence.
        decoder_input: the sequence.
        eos_ids: ids that end the text.
        draft: proposes tokens to verify; the result is the same with and without.
        guard: of this text, if a loop is to end it.
    """
    first = decoder.prefill(decoder_input)
    max_new_tokens = decoder_input.max_new_tokens
    return generate_from(decoder, [first], max_new_tokens, eos_ids=eos_ids, draft=draft, guard=guard)


def generate_from(
    decoder: StepDecoder,
    first: Sequence[ScoredToken],
    max_new_tokens: int,
    *,
    eos_ids: Collection[int],
    draft: Draft | None = None,
    guard: LoopGuard | None = None,
) -> Generation:
    """Decode on behind tokens that are known; see `generate`.

    Args:
        decoder: holds the sequence up to the last of the tokens, that one left out.
        first: tokens of the text, at least one.
        max_new_tokens: most tokens of the text, those included.
        eos_ids: ids that end the text.
        draft: proposes tokens to verify.
        guard: of this text.
    """
    if draft is not None and isinstance(decoder, VerifyingDecoder) and decoder.max_verified_tokens > 1:
        scored = _decode_with_draft(decoder, first, draft, max_new_tokens)
    else:
        scored = _decode_steps(decoder, first, max_new_tokens)
    return collect(scored, eos_ids, max_new_tokens, guard)


def collect(
    scored: Iterator[ScoredToken],
    eos_ids: Collection[int],
    max_new_tokens: int,
    guard: LoopGuard | None = None,
) -> Generation:
    """Collect tokens up to an end-of-sequence id, the token budget, or a loop."""
    hypothesis = Hypothesis(eos_ids, max_new_tokens, guard)
    endings = (hypothesis.append(each) for each in scored)
    return next((ending for ending in endings if ending), None) or hypothesis.end("eos")


class Hypothesis:
    """The tokens of one text while it is decoded."""

    def __init__(self, eos_ids: Collection[int], max_new_tokens: int, guard: LoopGuard | None) -> None:
        """Begin with no token; see `generate`."""
        self._eos_ids: Final = eos_ids
        self._max_new_tokens: Final = max_new_tokens
        self._guard: Final = guard
        self._token_ids: Final[list[int]] = []
        self._logprobs: Final[list[float]] = []

    def append(self, scored: ScoredToken) -> Generation | None:
        """Append a token; return the generation if the text ends with it or before it."""
        if scored.token_id in self._eos_ids:
            return self.end("eos")
        self._token_ids.append(scored.token_id)
        self._logprobs.append(scored.logprob)
        if len(self._token_ids) == self._max_new_tokens:
            return self.end("length")
        reason = self._guard.push(scored.token_id) if self._guard else None
        return self.end(reason) if reason else None

    def end(self, reason: FinishReason) -> Generation:
        """Return the tokens so far."""
        cycle = self._guard.cycle if self._guard else None
        return Generation(tuple(self._token_ids), tuple(self._logprobs), reason, cycle)


def _decode_steps(
    decoder: StepDecoder, tokens: Sequence[ScoredToken], max_new_tokens: int
) -> Iterator[ScoredToken]:
    num_tokens = 0
    while True:
        yield from tokens
        num_tokens += len(tokens)
        tokens = decoder.multi_step(tokens[-1].token_id, max_new_tokens - num_tokens)


def _decode_with_draft(
    decoder: VerifyingDecoder, tokens: Sequence[ScoredToken], draft: Draft, max_new_tokens: int
) -> Iterator[ScoredToken]:
    token_ids: list[int] = []
    length = DraftLength(decoder.max_verified_tokens - 1)
    while True:
        yield from tokens
        token_ids += [scored.token_id for scored in tokens]
        last_id = token_ids[-1]
        # The cache has rows for the token budget and no more.
        budget = max_new_tokens - len(token_ids)
        max_tokens = min(length.next(), budget)
        draft_ids = draft.propose(token_ids, max_tokens) if max_tokens else ()
        if draft_ids:
            tokens = accept_draft(decoder, decoder.verify((last_id, *draft_ids)), last_id, draft_ids)
            length.record(len(tokens) - 1, len(draft_ids))
        else:
            tokens = decoder.multi_step(last_id, budget)


def accept_draft(
    decoder: VerifyingDecoder, verified: Sequence[ScoredToken], token_id: int, draft_ids: Sequence[int]
) -> list[ScoredToken]:
    """Keep the part of a draft that the model accepts in the sequence, and remove the rest.

    Args:
        decoder: holds the sequence with the draft.
        verified: the tokens that it gave after `token_id` and after each token of the draft.
        token_id: the token before the draft.
        draft_ids: the draft, at least one token.

    Returns:
        The tokens that were accepted, and the one after them.
    """
    num_accepted = _num_accepted(verified, draft_ids)
    decoder.rewind(len(draft_ids) - num_accepted)
    best = verified[num_accepted]
    if best.margin < RECHECK_MARGIN:
        decoder.rewind(1)
        best = decoder.step((token_id, *draft_ids)[num_accepted])
    return [*verified[:num_accepted], best]


def _num_accepted(verified: Sequence[ScoredToken], draft_ids: Sequence[int]) -> int:
    """Return how many draft tokens the model accepts, each by at least `RECHECK_MARGIN`."""
    pairs = zip(verified, draft_ids, strict=False)
    rejected = (
        index
        for index, (best, draft_id) in enumerate(pairs)
        if best.token_id != draft_id or best.margin < RECHECK_MARGIN
    )
    return next(rejected, len(draft_ids))
