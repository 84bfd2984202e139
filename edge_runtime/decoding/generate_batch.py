"""Greedy decoding of many sequences in a few slots (continuous batching)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from edge_runtime.decoding.generate import Generation, Hypothesis
from edge_runtime.decoding.loop_guard import LoopGuard
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
    hypothesis: Hypothesis
    latest: ScoredToken


def generate_batch(
    decoder: SlotDecoder,
    inputs: Iterable[tuple[Key, DecoderInput]],
    eos_ids: Collection[int],
    on_token: Callable[[Key], None],
    guard_of: Callable[[Key], LoopGuard | None] = lambda _: None,
) -> Iterator[tuple[Key, Generation]]:
    """Decode greedily. A sequence that ends frees its slot for the next at once.

    Args:
        decoder: its slots are refilled as soon as they are free.
        inputs: key and sequence; each is taken when a slot is free, so that it may be prepared late.
        eos_ids: ids that end a text.
        on_token: called with the key for every token, the end-of-sequence token included.
        guard_of: gives the guard of a sequence that starts, if a loop is to end it.

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
            hypothesis = Hypothesis(eos_ids, decoder_input.max_new_tokens, guard_of(key))
            running[slot] = _Sequence(key, hypothesis, first)
        if not started and running:
            tokens = {slot: sequence.latest.token_id for slot, sequence in running.items()}
            for slot, latest in decoder.step(tokens).items():
                running[slot].latest = latest
        elif not running:
            return
        for slot in started or list(running):
            on_token(running[slot].key)
            generation = running[slot].hypothesis.append(running[slot].latest)
            if generation is not None:
                yield running.pop(slot).key, generation
