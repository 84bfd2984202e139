"""Clips of similar length, grouped into batches of few distinct shapes."""

# ruff: noqa: S311 -- seeded draws are the point: nothing here is secret.
from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from edge_mini.features import LogMel
from edge_mini.workers import Worker

# Few distinct shapes: oneDNN compiles bfloat16 kernels for every new one, which takes longer than a step.
_BUCKETS_S = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 24, 30)


# Prompts are padded to multiples of it, for the same reason.
_LENGTH_STEP = 64


class TimedClip(Protocol):
    """Anything with log-mel features."""

    @property
    def mel(self) -> LogMel:
        """Shape (frames, 128), 100 frames a second."""


Clip = TypeVar("Clip", bound=TimedClip)


def padded_length(longest: int) -> int:
    """Return the length that the prompts of a batch are padded to."""
    return -(-longest // _LENGTH_STEP) * _LENGTH_STEP


@dataclass(frozen=True, slots=True)
class Curriculum(Generic[Clip]):
    """Short clips first: attention locks on sooner where there is little to look at.

    Attributes:
        clips: all of them.
        batch_seconds: padded audio of a batch.
        short_frames: what counts as short.
        short_first: fraction of the training time during which only short clips are seen.
    """

    clips: Sequence[Clip]
    batch_seconds: int
    short_frames: int
    short_first: float

    def groups(
        self, fraction: Callable[[], float], rng: random.Random, worker: Worker
    ) -> Iterator[tuple[int, list[Clip], random.Random]]:
        """Yield the batches of one `epoch`, or until the time of the short clips is over."""
        early = fraction() < self.short_first
        short = [clip for clip in self.clips if len(clip.mel) <= self.short_frames]
        for group in epoch(short if early else self.clips, self.batch_seconds, rng, worker):
            yield group
            if early and fraction() >= self.short_first:
                return


def epoch(
    clips: Sequence[Clip], seconds: int, rng: random.Random, worker: Worker
) -> Iterator[tuple[int, list[Clip], random.Random]]:
    """Yield one worker's share of the clips in random order, about `seconds` of padded audio a batch.

    Workers that pass equal random states get equally many batches of one plan.

    Yields:
        Padded length in seconds, clips, and random draws of the worker's own.
    """
    buckets: dict[int, list[Clip]] = {}
    for clip in clips:
        fitting = next(size for size in _BUCKETS_S if len(clip.mel) <= 100 * size)
        buckets.setdefault(fitting, []).append(clip)
    groups: list[tuple[int, list[Clip]]] = []
    for size, members in sorted(buckets.items()):
        rng.shuffle(members)
        step = seconds // size
        members.extend(members[: -len(members) % step])  # a smaller last batch would be one more shape
        groups += [(size, members[start : start + step]) for start in range(0, len(members), step)]
    rng.shuffle(groups)
    own = random.Random(f"{rng.getrandbits(64)}/{worker.rank}")
    whole = len(groups) // worker.count * worker.count
    for size, group in groups[worker.rank : whole : worker.count]:
        yield size, group, own
