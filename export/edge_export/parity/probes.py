"""Waveforms that a build is proven on: deterministic, speech-like, with pauses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from edge_runtime.arrays import Seconds, Waveform

SAMPLE_RATE: Final = 16_000
PROBE_SECONDS: Final[tuple[Seconds, ...]] = (0.3, 3.0, 9.7)
"""Below the shortest clip, inside one window, and beyond one window."""
GOLDEN_PROBES: Final = (0, 2)
"""Indices of the probes whose reference outputs go into the bundle."""

PROBE_TEXTS: Final = (
    "hi",
    "open the door, please: it's half past 3",
    "the quick brown fox jumps over the lazy dog, and 我们 see it: 今天 the weather is fine, isn't it? yes!",
)
"""Text of each probe for the aligner, by length."""

_SYLLABLE_S: Final = 0.18
_PAUSE_EVERY: Final = 7


def probe_waveform(seconds: Seconds, seed: int = 0) -> Waveform:
    """Synthesise a clip, shape (seconds × 16000).

    Every syllable is a gliding fundamental with falling harmonics and a little noise under a smooth envelope;
    every seventh is a pause.
    """
    generator = np.random.default_rng(seed)
    num_samples = round(seconds * SAMPLE_RATE)
    syllable = round(_SYLLABLE_S * SAMPLE_RATE)
    pieces = [_syllable(generator, syllable, index) for index in range(-(-num_samples // syllable))]
    waveform: Waveform = np.concatenate(pieces)[:num_samples].astype(np.float32)
    return waveform


def _syllable(generator: np.random.Generator, num_samples: int, index: int) -> Waveform:
    if index % _PAUSE_EVERY == _PAUSE_EVERY - 1:
        return (1e-4 * generator.standard_normal(num_samples)).astype(np.float32)
    start, end = generator.uniform(90, 260, 2)
    phase = 2 * np.pi * np.cumsum(np.linspace(start, end, num_samples)) / SAMPLE_RATE
    harmonics = np.arange(1, 13)[:, None]
    weights = generator.uniform(0.2, 1.0, (12, 1)) / harmonics
    voiced = (weights * np.sin(harmonics * phase)).sum(axis=0)
    noise = generator.standard_normal(num_samples)
    envelope = np.sin(np.pi * (np.arange(num_samples) + 0.5) / num_samples)
    samples: Waveform = (envelope * (0.12 * voiced + 0.02 * noise)).astype(np.float32)
    return samples
