"""How to read a recording where there is a choice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """Choices about a recording.

    Attributes:
        channel: take this channel alone, 1 is the first; None averages all.
        audio_track: take this audio track of a container, 1 is the first; None takes the default one.
        salvage: take what a damaged recording still holds, and say what is missing, instead of refusing it.
    """

    channel: int | None = None
    audio_track: int | None = None
    salvage: bool = False
