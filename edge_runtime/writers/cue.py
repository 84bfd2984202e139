"""What is on the screen at one time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edge_runtime.results.document import join_words
from edge_runtime.results.words import Word
from edge_runtime.writers.limits import Line


@dataclass(frozen=True, slots=True)
class Cue:
    """Lines of words, shown together.

    Attributes:
        start_ms: when they appear, from the start of the recording.
        end_ms: when they go, after `start_ms`.
        lines: at least one, none of them empty.
        timed: the times of the words are known; otherwise the one word is the text of a whole segment.
    """

    start_ms: int
    end_ms: int
    lines: tuple[Line, ...]
    timed: bool = True

    @property
    def words(self) -> tuple[Word, ...]:
        """All words in order."""
        return tuple(word for line in self.lines for word in line)

    def text(self, show: Callable[[Word], str] = lambda word: word.text, newline: str = "\n") -> str:
        """Return the lines as text."""
        return newline.join(join_words(line, show) for line in self.lines)
