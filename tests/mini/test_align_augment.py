"""Changed clips keep their words and times together."""

# ruff: noqa: S311 -- seeded draws are the point: nothing here is secret.

from __future__ import annotations

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge_mini.align_augment import AlignExample, varied

LONGEST_FRAMES = 1_200
SILENT = -2.0


def planted(num_units: int) -> AlignExample:
    """A clip whose features at any time say which word is spoken: unit k is loud as k + 1, pauses as 0."""
    spans = [(0.3 + 0.5 * k, 0.6 + 0.5 * k) for k in range(num_units)]
    mel = np.zeros((60 + 50 * num_units, 128), np.float16)
    for k, (start, end) in enumerate(spans):
        mel[round(start * 100) : round(end * 100)] = k + 1
    return AlignExample(mel - mel.max(), [str(k + 1) for k in range(num_units)], spans)


@given(st.integers(1, 20), st.integers(0, 10_000))
def test_every_unit_is_still_where_its_times_say(num_units: int, seed: int) -> None:
    example = planted(num_units)
    loudness = num_units  # of the last unit, which stays in every clip
    changed = varied(example, [planted(4)], LONGEST_FRAMES, random.Random(seed))
    assert len(changed.units) == len(changed.spans)
    assert len(changed.mel) <= max(LONGEST_FRAMES, len(example.mel))
    end_s = len(changed.mel) / 100
    spoken = [pair for pair in zip(changed.units, changed.spans, strict=True) if pair[1] != (end_s, end_s)]
    assert spoken
    assert spoken[-1][0] == example.units[-1]
    for unit, (start, end) in spoken:
        frames = changed.mel[round(start * 100) : round(end * 100)]
        assert len(frames) == 30
        assert (frames + loudness == int(unit)).all()


@given(st.integers(0, 10_000))
def test_units_that_are_not_spoken_are_at_the_end_of_the_clip(seed: int) -> None:
    changed = varied(planted(5), [planted(9)], LONGEST_FRAMES, random.Random(seed))
    end_s = len(changed.mel) / 100
    first = next((k for k, span in enumerate(changed.spans) if span == (end_s, end_s)), len(changed.spans))
    assert set(changed.spans[first:]) <= {(end_s, end_s)}


def test_some_clips_begin_later_in_the_text_and_some_after_silence() -> None:
    changed = [varied(planted(8), [planted(3)], LONGEST_FRAMES, random.Random(seed)) for seed in range(200)]
    assert 20 < sum(clip.units[0] != "1" for clip in changed) < 100
    assert sum(len(clip.mel) > len(planted(8).mel) for clip in changed) > 100
    assert 40 < sum(clip.spans[-1][0] == clip.spans[-1][1] for clip in changed) < 130


def test_silence_in_front_is_as_digital_silence_is_in_the_features() -> None:
    changed = next(
        clip
        for clip in (varied(planted(2), [planted(2)], 400, random.Random(seed)) for seed in range(50))
        if clip.spans[0][0] > 0.5
    )
    np.testing.assert_array_equal(changed.mel[0], changed.mel.max() + SILENT)
