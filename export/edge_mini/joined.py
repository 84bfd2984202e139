"""Windows of several clips, with silence, noises and sounds around and between them.

A recogniser trained on clips alone knows no change of voice, level or language, and no pause of a second.
"""

from __future__ import annotations

import random

import numpy as np

from edge_mini.batches import Example
from edge_mini.mel_ops import Mel, amplified, finished, level_db, mixed, silent
from edge_mini.sentences import join_texts
from edge_mini.stock import Stock
from edge_mini.varied import varied

# Shares of the windows: nobody speaks, one clip, noise throughout, clips levelled.
_SOUND_SHARE, _SINGLE_SHARE, _NOISY_SHARE, _LEVELLED_SHARE = 0.1, 0.2, 0.3, 0.4
_CLIPS = {2: 3, 3: 4, 4: 5, 5: 5, 6: 3, 7: 2, 8: 2}
"""How many, if not one and if they fit, and how often."""
_MAX_SOUNDS, _MORE_SOUNDS_SHARE, _FILLED_PAUSE_SHARE = 6, 0.4, 0.4
_EDGES = ((0, 25), (20, 20), (120, 30), (300, 25))
_PAUSES = ((0, 8), (30, 27), (150, 30), (400, 25), (800, 10))
"""Upper lengths in frames, and how often."""


def window(stock: Stock, longest: int, rng: random.Random) -> Example:
    """Make a window of at most `longest` frames; its language is that of its first clip."""
    share = rng.random()
    if share < _SOUND_SHARE:
        return _sounds(stock, longest, rng)
    count = 1 if share < _SOUND_SHARE + _SINGLE_SHARE else rng.choices(list(_CLIPS), list(_CLIPS.values()))[0]
    clips = stock.draw(longest, count, rng)
    level = level_db(clips[0].mel)
    free = longest - sum(len(clip.mel) for clip in clips)
    parts: list[Mel] = []
    for index, clip in enumerate(clips):
        frames = min(free, _length(_PAUSES if index else _EDGES, rng))
        free -= frames
        parts += [_pause(stock, frames, level, rng), _levelled(clip, level, rng)]
    parts.append(_pause(stock, min(free, _length(_EDGES, rng)), level, rng))
    mel = np.concatenate(parts)
    if rng.random() < _NOISY_SHARE:
        mel = mixed(mel, _filling(stock, len(mel), level - rng.uniform(8, 40), rng))
    return Example(finished(mel), clips[0].language, join_texts([clip.text for clip in clips]))


def _sounds(stock: Stock, longest: int, rng: random.Random) -> Example:
    """Put some sounds and silences one after the other."""
    parts: list[Mel] = []
    while not parts or (len(parts) < _MAX_SOUNDS and rng.random() < _MORE_SOUNDS_SHARE):
        level = level_db(rng.choice(stock.sounds).mel) + rng.uniform(-10, 6)
        parts.append(_filling(stock, rng.randint(20, longest), level, rng))
    return Example(finished(np.concatenate(parts)[:longest]), "None", "")


def _levelled(clip: Example, level: float, rng: random.Random) -> Mel:
    """Bring a clip near the level of the first one, or leave it its own."""
    gain_db = level - level_db(clip.mel) + rng.uniform(-6, 6) if rng.random() < _LEVELLED_SHARE else 0.0
    return amplified(clip.mel, gain_db)


def _pause(stock: Stock, frames: int, level: float, rng: random.Random) -> Mel:
    """Make digital silence, or a sound 0 to 45 dB below a level."""
    if frames and rng.random() < _FILLED_PAUSE_SHARE:
        return _filling(stock, frames, level - rng.uniform(0, 45), rng)
    return silent(frames)


def _filling(stock: Stock, frames: int, level: float, rng: random.Random) -> Mel:
    """Repeat a random sound, or a part of it, to a length and level."""
    drawn = rng.choice(stock.sounds).mel
    sound = varied(amplified(drawn, level - level_db(drawn)), rng)
    rolled = np.roll(sound, -rng.randrange(len(sound)), axis=0)
    return np.resize(rolled, (frames, sound.shape[1]))


def _length(upper: tuple[tuple[int, int], ...], rng: random.Random) -> int:
    frames, weights = zip(*upper, strict=True)
    index = rng.choices(range(len(frames)), weights)[0]
    return rng.randint(frames[index - 1] if index else 0, frames[index])
