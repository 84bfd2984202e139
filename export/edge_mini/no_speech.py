"""What is heard where nobody speaks: the kinds of each split, drawn anew for every clip."""

from __future__ import annotations

from collections.abc import Mapping

from edge_mini.noises import BACKGROUNDS, Noise, chords, clicks, silence, tone
from edge_mini.sentences import Split
from edge_mini.sounds import alarm, birds, chirp, drums, humming, melody, siren

_EVENTS: Mapping[str, Noise] = {"silence": silence, "tone": tone, "clicks": clicks, "chords": chords}
_MOVING: Mapping[str, Noise] = {
    "chirp": chirp,
    "siren": siren,
    "melody": melody,
    "drums": drums,
    "humming": humming,
}
NO_SPEECH: Mapping[Split, Mapping[str, Noise]] = {
    "train": {**_EVENTS, **BACKGROUNDS["train"], **_MOVING},
    "heldout": {**_EVENTS, **BACKGROUNDS["heldout"]},
}

HELDOUT_SOUNDS: Mapping[str, Noise] = {
    **NO_SPEECH["heldout"],
    "chirp": chirp,
    "siren": siren,
    "melody": melody,
    "alarm": alarm,
    "birds": birds,
}
"""Of the variants of the held-out set; alarms and birds are in no training, as are fan, rain and engine."""
