"""Greedy decoding of many sequences in a few slots (continuous batching)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, Literal, Protocol, TypeVar

from edge_runtime.decoding.generate import Generation
from edge_runtime.model.decoder import ScoredToken
from edge_runtime.model.decoder_input import DecoderInput

Key = TypeVar("Key")


class SlotDecoder(Protocol):
    """The decoder that batch decoding drives."""

    @property
    def num_slots(self) -> int:
        """Most sequences that decode at the same time."""
        ...

    def prefill(self, slot: int, decoder_input: DecoderInput) -> ScoredToken:
        """Start a sequence in a slot."""
        ...

    def step(self, tokens: Mapping[int, int]) -> dict[int, ScoredToken]:
        """Append one token to each of some sequences."""
        ...


@dataclass(slots=True)
class _Sequence(Generic[Key]):
    key: Key
    max_new_tokens: int
    latest: ScoredToken
    token_ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)

    def append_latest(self, eos_ids: Collection[int]) -> Generation | None:
        """Append the latest token; return the hypothesis if it is complete."""
        reason: Literal["eos", "length"] | None = None
        if self.latest.token_id in eos_ids:
            reason = "eos"
        else:
            self.token_ids.append(self.latest.token_id)
            self.logprobs.append(self.latest.logprob)
            if len(self.token_ids) == self.max_new_tokens:
                reason = "length"
        if reason is None:
            return None
        return Generation(tuple(self.token_ids), tuple(self.logprobs), reason)


def generate_batch(
    decoder: SlotDecoder,
    inputs: Iterable[tuple[Key, DecoderInput]],
    eos_ids: Collection[int],
    on_token: Callable[[Key], None],
) -> Iterator[tuple[Key, Generation]]:
    """Decode greedily. A sequence that ends frees its slot for the next at once.

    Args:
        decoder: its slots are refilled as soon as they are free.
        inputs: key and sequence; each is taken when a slot is free, so that it may be prepared late.
        eos_ids: ids that end a text.
        on_token: called with the key for every token, the end-of-sequence token included.

    Yields:
        Key and hypothesis of each sequence, in the order they end.
    """
    waiting = iter(inputs)
    running: dict[int, _Sequence[Key]] = {}
    while True:
        free = [slot for slot in range(decoder.num_slots) if slot not in running]
        started = dict(zip(free, waiting, strict=False))
        for slot, (key, decoder_input) in started.items():
            first = decoder.prefill(slot, decoder_input)
            running[slot] = _Sequence(key, decoder_input.max_new_tokens, first)
        if not started and running:
            tokens = {slot: sequence.latest.token_id for slot, sequence in running.items()}
            for slot, latest in decoder.step(tokens).items():
                running[slot].latest = latest
        elif not running:
            return
        for slot in started or list(running):
            on_token(running[slot].key)
            generation = running[slot].append_latest(eos_ids)
            if generation is not None:
                yield running.pop(slot).key, generation
