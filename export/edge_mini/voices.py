"""Text-to-speech voices and their split into training and held-out ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from edge_mini.sentences import Language, Split

Engine = Literal["espeak-ng", "flite"]


@dataclass(frozen=True, slots=True)
class Voice:
    """One speaker of one engine; ``name`` is what the engine's command line takes."""

    engine: Engine
    name: str

    @property
    def label(self) -> str:
        """Name used in manifests, e.g. ``espeak-ng/en-us+f3``."""
        return f"{self.engine}/{self.name}"

    @property
    def random_variant(self) -> str | None:
        """Name of a variant that the engine does not come with, e.g. ``r31337``."""
        variant = self.name.rpartition("+")[2]
        return variant if _RANDOM.fullmatch(variant) else None


# Weighted by repetition: most speech is American or British.
_ACCENTS: dict[Language, tuple[str, ...]] = {
    "English": (
        *("en-us",) * 4,
        *("en-gb",) * 3,
        *("en-gb-x-rp", "en-gb-scotland", "en-029", "en-us-nyc", "en-gb-x-gbclan"),
    ),
    "Chinese": ("cmn-latn-pinyin",),
}

# espeak-ng variants; whispering, croaking and robot-effect ones are left out as unintelligible.
_TRAIN_VARIANTS = """
    adam Alex Alicia Andrea antonio aunty belinda benjamin boris caleb david Diogo ed edward edward2 Gene
    Gene2 gustave Henrique Hugo iven iven2 iven4 Jacky john kaukovalta Lee marcelo Marco Mario max michel
    miguel Mike Nguyen pablo paul pedro quincy rob robert sandro steph steph3 Storm travis Tweaky zac anika
    f1 f3 f4 f5 grandma grandpa klatt klatt2 klatt4 m1 m2 m4 m5 m6 m7 m8 norbert RicishayMax
"""
_HELDOUT_VARIANTS = "Andy Annie Denis f2 iven3 klatt3 linda m3 Michael shelby steph2 victor"

# Most training clips have a speaker of their own: with the engine's variants only, the model is at a loss
# with any other voice.
_RANDOM = re.compile(r"r\d+")
_RANDOM_SHARE, _RANDOM_VARIANTS = 0.75, 1_000_000

_FLITE_VOICES = ("kal16", "awb", "rms", "slt")
_FLITE_SHARE = 0.12


def pick_voice(draws: tuple[float, float, float], language: Language, split: Split) -> Voice:
    """Choose a voice of a split from three uniform draws in [0, 1).

    flite has four English voices only, so all of them train and the held-out voices are espeak-ng's.
    """
    engine, accent, variant = draws
    if language == "English" and split == "train" and engine < _FLITE_SHARE:
        return Voice("flite", _pick(_FLITE_VOICES, variant))
    return Voice("espeak-ng", f"{_pick(_ACCENTS[language], accent)}+{_pick_variant(variant, split)}")


def _pick_variant(draw: float, split: Split) -> str:
    if split == "heldout":
        return _pick(_HELDOUT_VARIANTS.split(), draw)
    if draw < _RANDOM_SHARE:
        return f"r{int(draw / _RANDOM_SHARE * _RANDOM_VARIANTS)}"
    return _pick(_TRAIN_VARIANTS.split(), (draw - _RANDOM_SHARE) / (1 - _RANDOM_SHARE))


def _pick(items: Sequence[str], draw: float) -> str:
    return items[int(draw * len(items))]
