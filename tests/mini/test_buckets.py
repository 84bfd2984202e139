"""Training batches: short clips first, every clip once, few shapes."""

# ruff: noqa: S311 -- seeded draws are the point: nothing here is secret.
from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from edge_mini.buckets import Curriculum, padded_length
from edge_mini.workers import Worker


@dataclass(frozen=True)
class TimedClip:
    name: int
    mel: np.ndarray


CLIPS = [TimedClip(number, np.zeros((60 * number, 1), np.float16)) for number in range(1, 21)]
CURRICULUM = Curriculum(CLIPS, batch_seconds=12, short_frames=300, short_first=0.2)


def test_only_short_clips_are_seen_at_first() -> None:
    groups = list(CURRICULUM.groups(lambda: 0.0, random.Random(1), Worker()))
    assert {clip.name for _, group, _ in groups for clip in group} == {1, 2, 3, 4, 5}


def test_the_time_of_short_clips_ends_within_an_epoch() -> None:
    fractions = iter([0.0, 0.1, 0.3])
    assert len(list(CURRICULUM.groups(lambda: next(fractions), random.Random(1), Worker()))) == 2


def test_then_workers_share_all_clips_and_no_clip_is_longer_than_its_batch() -> None:
    seen: set[int] = set()
    for rank in (0, 1):
        for size, group, _ in CURRICULUM.groups(lambda: 0.5, random.Random(1), Worker(rank, 2)):
            assert all(len(clip.mel) <= 100 * size for clip in group)
            seen |= {clip.name for clip in group}
    # An odd batch out waits for the next epoch.
    assert len(seen) >= len(CLIPS) - 2


def test_lengths_are_few() -> None:
    assert {padded_length(length) for length in range(1, 200)} == {64, 128, 192, 256}
