"""What is on the screen at one time: as it is, or once for every word, underlined as it is spoken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from edge_runtime.results.document import join_words
from edge_runtime.results.words import Word
from edge_runtime.writers.clock import milliseconds
from edge_runtime.writers.options import Line
from edge_runtime.writers.plain import without_arrow


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


class Span(NamedTuple):
    """A text and when it is shown, in milliseconds from the start of the recording."""

    start_ms: int
    end_ms: int
    text: str


def spans(
    cues: Iterable[Cue], *, highlight_words: bool, escape: Callable[[str], str] = str
) -> Iterator[Span]:
    """Write cues in the markup that both formats know.

    Args:
        cues: what to show.
        highlight_words: repeat each cue for every word, that word between `<u>` and `</u>`, as
            openai-whisper does; words without duration are never underlined.
        escape: makes a text safe in the format.
    """
    for cue in cues:
        if highlight_words and cue.timed:
            yield from _highlighted(cue, escape)
        else:
            yield Span(cue.start_ms, cue.end_ms, _text(cue, None, escape))


def _highlighted(cue: Cue, escape: Callable[[str], str]) -> Iterator[Span]:
    now_ms = cue.start_ms
    for word in cue.words:
        start_ms = min(max(now_ms, milliseconds(word.start)), cue.end_ms)
        end_ms = min(max(start_ms, milliseconds(word.end)), cue.end_ms)
        if start_ms == end_ms:
            continue
        if now_ms < start_ms:
            yield Span(now_ms, start_ms, _text(cue, None, escape))
        yield Span(start_ms, end_ms, _text(cue, word, escape))
        now_ms = end_ms
    if now_ms < cue.end_ms:
        yield Span(now_ms, cue.end_ms, _text(cue, None, escape))


def _text(cue: Cue, highlighted: Word | None, escape: Callable[[str], str]) -> str:
    def show(word: Word) -> str:
        text = escape(word.text)
        return f"<u>{text}</u>" if word is highlighted else text

    return without_arrow(cue.text(show))
