"""How to read a recording where there is a choice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """Choices about a recording.

    Attributes:
        channel: take this channel alone, 1 is the first; None averages all.
        audio_track: take this audio track of a container, 1 is the first, or the first one in this language,
            by the container's code ("ger", "deu"); None takes the default one.
        salvage: take what a damaged recording still holds, and say what is missing, instead of refusing it.
    """

    channel: int | None = None
    audio_track: int | str | None = None
    salvage: bool = False


@dataclass(frozen=True, slots=True)
class AudioFile:
    """A file and how to read it, wherever a path may stand.

    Attributes:
        path: the file.
        options: choices about it.
    """

    path: Path
    options: LoadOptions
