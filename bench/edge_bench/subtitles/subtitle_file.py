"""Subtitle files, read by pysubs2: a reader that knows nothing of this project's writers."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path

from edge_runtime.arrays import Seconds
from edge_runtime.errors import UsageError

_WIDE_LANGUAGE_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class SubtitleCue:
    """What is shown at a time.

    Attributes:
        start: seconds from the start of the recording.
        end: likewise.
        lines: as shown, markup left out, none of them blank.
    """

    start: Seconds
    end: Seconds
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The lines as one, with a space between two unless both meet in a wide character."""
        joined = self.lines[0]
        for line in self.lines[1:]:
            joined += ("" if is_wide(joined[-1]) and is_wide(line[0]) else " ") + line
        return joined

    @property
    def is_wide(self) -> bool:
        """Whether most of its characters are wide: Chinese, Japanese, Korean."""
        letters = [char for char in self.text if char.isalnum()]
        return sum(map(is_wide, letters)) > _WIDE_LANGUAGE_SHARE * len(letters)

    def characters_per_second(self) -> float:
        """Return the reading speed: characters, spaces included, by the seconds shown."""
        return len(self.text) / max(self.end - self.start, 1e-3)


def read_subtitles(path: Path) -> tuple[SubtitleCue, ...]:
    """Read the cues of a file in the order of their starts.

    Raises:
        UsageError: the file cannot be read, or holds no subtitles that pysubs2 knows.
    """
    import pysubs2  # noqa: PLC0415  # of the extra "bench"

    try:
        events = pysubs2.load(str(path)).events
    except (OSError, UnicodeDecodeError, pysubs2.exceptions.Pysubs2Error) as error:
        raise UsageError(f"{path}: no subtitles that can be read: {error}. Give srt, vtt or ass.") from error
    cues = [
        SubtitleCue(event.start / 1000, event.end / 1000, lines)
        for event in events
        if not event.is_comment and (lines := _lines(event.plaintext))
    ]
    return tuple(sorted(cues, key=lambda cue: cue.start))


def is_wide(char: str) -> bool:
    """Tell whether a character takes two columns (UAX 11: wide or full-width)."""
    return unicodedata.east_asian_width(char) in "WF"


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.split("\n") if line.strip())
