"""The clips that windows are made of, and draws from them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge_mini.batches import Example
from edge_mini.cut_clips import CutExample, cut

# Of the windows: those of one voice, and of the others those of one language.
_SAME_VOICE_SHARE, _SAME_LANGUAGE_SHARE = 0.2, 0.35
# Of the clips: those that end or begin inside, and those of two languages where both may be.
_CUT_SHARE, _BILINGUAL_SHARE = 0.25, 0.15
_TRIES, _SHORTEST_OF = 6, 60


@dataclass(frozen=True, slots=True)
class Stock:
    """Clips, sorted.

    Attributes:
        speech: by language.
        voices: by language, those of the same voice together, two at least.
        bilingual: clips of two languages.
        timed: by language, clips that may be cut between words.
        sounds: clips without speech.
    """

    speech: Mapping[str, Sequence[Example]]
    voices: Mapping[str, Sequence[Sequence[Example]]]
    bilingual: Sequence[Example]
    timed: Mapping[str, Sequence[CutExample]]
    sounds: Sequence[Example]

    @classmethod
    def of(cls, clips: Sequence[Example], bilingual: Sequence[Example], timed: Sequence[CutExample]) -> Stock:
        """Sort the clips of a corpus."""
        speech: dict[str, list[Example]] = {}
        voices: dict[str, dict[str, list[Example]]] = {}
        for clip in clips:
            speech.setdefault(clip.language, []).append(clip)
            voices.setdefault(clip.language, {}).setdefault(clip.voice, []).append(clip)
        sounds = speech.pop("None")
        shared = {name: [group for group in voices[name].values() if len(group) > 1] for name in speech}
        cuttable = {name: [clip for clip in timed if clip.language == name] for name in speech}
        return cls(speech, shared, bilingual, cuttable, sounds)

    def draw(self, longest: int, count: int, rng: random.Random) -> list[Example]:
        """Draw up to `count` clips, one at least, of at most `longest` frames together.

        They have a voice in common, or a language, or nothing.
        """
        language = rng.choice(list(self.speech))
        pools = [self.speech[language]]
        mixed = False
        if rng.random() < _SAME_VOICE_SHARE:
            pools = [rng.choice(self.voices[language])]
        elif rng.random() > _SAME_LANGUAGE_SHARE:
            pools, mixed = list(self.speech.values()), True
        drawn: list[Example] = []
        for _ in range(_TRIES * count):
            free = longest - sum(len(clip.mel) for clip in drawn)
            clip = self._one(rng.choice(pools), free, rng, mixed=mixed)
            if len(clip.mel) <= free:
                drawn.append(clip)
            if len(drawn) == count:
                break
        return drawn or [self._shortest(language, rng)]

    def _one(self, pool: Sequence[Example], free: int, rng: random.Random, *, mixed: bool) -> Example:
        clip = rng.choice(pool)
        share = rng.random()
        if share < _CUT_SHARE and self.timed[clip.language]:
            return cut(rng.choice(self.timed[clip.language]), free, rng)
        if mixed and share > 1 - _BILINGUAL_SHARE and self.bilingual:
            return rng.choice(self.bilingual)
        return clip

    def _shortest(self, language: str, rng: random.Random) -> Example:
        return min(rng.choices(self.speech[language], k=_SHORTEST_OF), key=lambda clip: len(clip.mel))
