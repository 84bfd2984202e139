"""A recording whose text and word times are known, and what can be put around it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from edge_mini.synthesis import SAMPLE_RATE, Waveform

_SENTENCE = re.compile(r"[^.?!。？！]+[.?!。？！]+")
TimedUnits = tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Spoken:
    """16 kHz mono samples, the text, its language, and its units with start and end in seconds."""

    samples: Waveform
    text: str
    language: str
    units: TimedUnits

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.samples.size / SAMPLE_RATE

    @property
    def sentences(self) -> list[str]:
        """The text, a sentence each."""
        return [sentence.strip() for sentence in _SENTENCE.findall(self.text)]

    def with_samples(self, samples: Waveform) -> Spoken:
        """Return the same with another sound of the same length."""
        return replace(self, samples=samples)

    def later(self, before: Waveform) -> Spoken:
        """Return the same behind some sound."""
        units = shifted(self.units, before.size / SAMPLE_RATE)
        return replace(self, samples=np.concatenate([before, self.samples]), units=units)

    def longer(self, behind: Waveform) -> Spoken:
        """Return the same in front of some sound."""
        return replace(self, samples=np.concatenate([self.samples, behind]))

    def followed_by(self, pause: Waveform, after: Spoken, text: str) -> Spoken:
        """Return this and another recording, a pause between them, with the text of both."""
        samples = np.concatenate([self.samples, pause, after.samples])
        start_s = (self.samples.size + pause.size) / SAMPLE_RATE
        return Spoken(samples, text, self.language, (*self.units, *shifted(after.units, start_s)))


def shifted(units: Sequence[dict[str, Any]], by_s: float) -> TimedUnits:
    """Return units that are spoken so much later."""
    return tuple(
        {**unit, "start": round(unit["start"] + by_s, 3), "end": round(unit["end"] + by_s, 3)}
        for unit in units
    )
