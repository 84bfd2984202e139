"""Warn where the text may not be what is spoken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.results.result_warning import ResultWarning
from edge_runtime.results.words import Word
from edge_runtime.text.units import Unit

_MAX_LETTERS_PER_S: Final = 30.0
"""Nobody speaks so many letters a second; fast English has 22."""
_FIRST_WIDE: Final = 0x1100
"""From here on (Hangul, kana, ideographs) a character is a syllable and counts as three letters."""
_WIDE_LETTERS: Final = 3
_MAX_SUSPECT_SHARE: Final = 0.5


def text_warnings(units: Sequence[Unit], speech_s: Seconds) -> Iterator[ResultWarning]:
    """Warn of a text that is too long to be spoken in the recording.

    Args:
        units: of the text.
        speech_s: seconds of speech in the recording, or its length if it has none.
    """
    letters = sum(_WIDE_LETTERS if ord(char) >= _FIRST_WIDE else 1 for unit in units for char in unit.text)
    if letters > _MAX_LETTERS_PER_S * speech_s:
        yield ResultWarning(
            "text_longer_than_audio",
            f"The text is too long for {speech_s:.1f} s of speech "
            f"({letters / max(speech_s, 0.1):.0f} letters a second): some of it is not spoken there, "
            f"and the times are not to be trusted.",
        )


def time_warnings(words: Sequence[Word]) -> Iterator[ResultWarning]:
    """Warn if at least half of the words have doubtful times."""
    suspect = [word for word in words if {"plateau", "outside_speech"} & set(word.flags)]
    if words and len(suspect) >= _MAX_SUSPECT_SHARE * len(words):
        yield ResultWarning(
            "doubtful_times",
            f"{len(suspect)} of {len(words)} words have times where nobody speaks, or share one moment: "
            f"the text may not be what is spoken.",
        )
