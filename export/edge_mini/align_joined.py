"""Several speakers in one clip, as in a window of a long recording."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import numpy as np

from edge_mini.align_augment import SILENT_BELOW_MAX, AlignExample

_FRAMES_PER_S = 100


def joined_clips(
    clips: Sequence[AlignExample], longest_frames: int, count: int, rng: random.Random
) -> Iterator[AlignExample]:
    """Join random clips of one script, two at least, as many as fit."""
    scripts = [
        [clip for clip in clips if clip.units[0].isascii() is is_ascii and len(clip.mel) < longest_frames / 2]
        for is_ascii in (False, True)
    ]
    for _ in range(count):
        yield _joined(rng.choice([script for script in scripts if script]), longest_frames, rng)


def _joined(clips: Sequence[AlignExample], longest_frames: int, rng: random.Random) -> AlignExample:
    chosen: list[AlignExample] = []
    num_frames = 0
    while len(chosen) < 2 or rng.random() < 0.8:  # noqa: PLR2004 - a pair is the least that joins
        clip = rng.choice(clips)
        if num_frames + len(clip.mel) > longest_frames:
            break
        chosen.append(clip)
        num_frames += len(clip.mel)
    return join(chosen)


def join(clips: Sequence[AlignExample]) -> AlignExample:
    """Put clips one after the other; what is too far below the loudest of all becomes silence."""
    mel = np.concatenate([clip.mel for clip in clips])
    starts = np.cumsum([0, *(len(clip.mel) for clip in clips[:-1])]) / _FRAMES_PER_S
    return AlignExample(
        mel=np.maximum(mel, mel.max() - np.float16(SILENT_BELOW_MAX)),
        units=[unit for clip in clips for unit in clip.units],
        spans=[
            (start + at_s, end + at_s)
            for at_s, clip in zip(starts.tolist(), clips, strict=True)
            for start, end in clip.spans
        ],
    )
