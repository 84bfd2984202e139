"""Sounds without speech changed at random, so that a few kinds stand for many."""

from __future__ import annotations

import random

import numpy as np
from numpy.typing import NDArray

from edge_mini.mel_ops import Mel, amplified

_CHANGED_SHARE, _SWELLING_SHARE, _BURSTS_SHARE = 0.6, 0.3, 0.3
_MAX_OCTAVES, _MAX_BINS, _MAX_SWELL_DB, _GAP_DB = 1.0, 24, 15.0, -70.0
_BURST_FRAMES, _GAP_FRAMES = (3, 40), (5, 120)


def varied(sound: Mel, rng: random.Random) -> Mel:
    """Play a sound faster or slower, higher or lower, swelling or in bursts; often leave it alone."""
    if rng.random() > _CHANGED_SHARE:
        return sound
    speed = 2 ** rng.uniform(-_MAX_OCTAVES, _MAX_OCTAVES)
    times = (np.arange(max(1, int(len(sound) / speed))) * speed).astype(np.int64)
    moved = _moved(sound[times], rng.randint(-_MAX_BINS, _MAX_BINS))
    share = rng.random()
    if share < _SWELLING_SHARE:
        return amplified(moved, _swell_db(len(moved), rng)[:, None])
    if share < _SWELLING_SHARE + _BURSTS_SHARE:
        return amplified(moved, _bursts_db(len(moved), rng)[:, None])
    return moved


def _moved(sound: Mel, bins: int) -> Mel:
    """Move a sound along the mel axis; the quietest frame fills what becomes free."""
    places = np.arange(sound.shape[1]) - bins
    inside = (places >= 0) & (places < sound.shape[1])
    return np.where(inside, sound[:, places.clip(0, sound.shape[1] - 1)], sound.min())


def _swell_db(frames: int, rng: random.Random) -> NDArray[np.float32]:
    turns = np.arange(frames) * rng.uniform(0.3, 10) / 100 + rng.random()
    return np.asarray(rng.uniform(1, _MAX_SWELL_DB) * np.sin(2 * np.pi * turns), np.float32)


def _bursts_db(frames: int, rng: random.Random) -> NDArray[np.float32]:
    gain_db = np.full(frames, _GAP_DB, np.float32)
    start = rng.randint(0, _GAP_FRAMES[0])
    while start < frames:
        length = rng.randint(*_BURST_FRAMES)
        gain_db[start : start + length] = rng.uniform(-20, 0)
        start += length + rng.randint(*_GAP_FRAMES)
    return gain_db
