"""Sounds in which nobody speaks, asked for with and without language and context."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from edge_mini.no_speech import HELDOUT_SOUNDS
from edge_mini.noises import Noise, Rng, unit_rms
from edge_runtime import Recognizer, Transcript
from edge_runtime.arrays import Waveform

RATE: Final = 16_000
NUM_CLIPS: Final = 500
_CONTEXT: Final = "Hotwords: thermostat, Zürich, 李雷"
_REQUESTS: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"language": "en"},
    {"language": "zh"},
    {"context": _CONTEXT},
    {"language": "en", "context": _CONTEXT},
)
_MARKERS: Final = re.compile(r"<asr_text>|<\|\w+\|>|\blanguage\s+[A-Z][a-z]+\b|\A\W*(language|None)\W*\Z")
"""Special tokens, a head, or a word of it alone; "Noneo" is none, but a text where there should be none."""


def breath(rng: Rng, count: int) -> Waveform:
    """Breathing: hiss that swells and fades, in and out, at the lips and in the nose."""
    time_s = np.arange(count) / RATE
    swell = np.maximum(0, np.sin(2 * np.pi * (time_s * rng.uniform(0.2, 0.6) + rng.random()))) ** 2
    hiss = rng.standard_normal(count)
    width = int(rng.integers(2, 12))
    return unit_rms(np.convolve(hiss, np.hanning(width + 2), "same") * swell)


SOUNDS: Final[dict[str, Noise]] = {**HELDOUT_SOUNDS, "breath": breath}


def clips(count: int = NUM_CLIPS) -> Iterator[tuple[str, Waveform, dict[str, Any]]]:
    """Yield kind, samples and request of each clip; the same ones at every run."""
    rng = np.random.default_rng(500)
    kinds = sorted(SOUNDS)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        sound = SOUNDS[kind](rng, int(RATE * rng.uniform(0.5, 8.0))) * 10 ** (rng.uniform(-40, -12) / 20)
        yield kind, np.clip(sound, -1, 1).astype(np.float32), _REQUESTS[number % len(_REQUESTS)]


def is_without_text(transcript: Transcript) -> bool:
    """Tell whether there is no text, and the transcript says so."""
    return not transcript.text and transcript.status == "no_speech"


def has_markers(text: str) -> bool:
    """Tell whether a text shows the model's own marks."""
    return _MARKERS.search(text) is not None


def percent_without_text(recognizer: Recognizer, count: int = NUM_CLIPS) -> float:
    """Return the percentage of the clips that give no text; 0 if any text shows markers."""
    results = [
        recognizer.transcribe(sound, sample_rate=RATE, **request) for _, sound, request in clips(count)
    ]
    if any(has_markers(result.text) for result in results):
        return 0.0
    return 100 * sum(map(is_without_text, results)) / len(results)
