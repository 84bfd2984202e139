"""Cues, and their text for SubRip and WebVTT: once, or once a word with that word underlined."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from edge_runtime.results.document import join_words
from edge_runtime.results.words import Word
from edge_runtime.text.markup.styles import Style
from edge_runtime.writers.clock import milliseconds
from edge_runtime.writers.cues.dialect import Dialect, StyledText
from edge_runtime.writers.options import Line
from edge_runtime.writers.plain import without_arrow


@dataclass(frozen=True, slots=True)
class Cue:
    """Lines of words that are shown together.

    Attributes:
        start_ms: when they appear, from the start of the recording.
        end_ms: when they disappear, after `start_ms`.
        lines: one or more, none of them empty.
        timed: whether word times are known.
        opened: styles of the text that are open where it begins; None where texts hold no markup.
    """

    start_ms: int
    end_ms: int
    lines: tuple[Line, ...]
    timed: bool = True
    opened: tuple[Style, ...] | None = None

    @property
    def words(self) -> tuple[Word, ...]:
        """All words in order."""
        return tuple(word for line in self.lines for word in line)

    def text(self, show: Callable[[Word], str] = lambda word: word.text, newline: str = "\n") -> str:
        """Return the lines as text."""
        return newline.join(join_words(line, show).strip() for line in self.lines)

    def written(
        self, dialect: Dialect, *, underlined: Word | None = None, before: Callable[[Word], str] | None = None
    ) -> str:
        """Return the text as a format has it.

        Args:
            dialect: of the format.
            underlined: one of the words.
            before: tags of the format that stand before a word.
        """
        styled = StyledText(dialect, self.opened or ())
        opening = styled.opening()

        def show(word: Word) -> str:
            tags = before(word) if before else ""
            if self.opened is None:
                text = dialect.escape(word.text)
                core = text.strip()  # white space that is no space may stand at its end
                return tags + (text.replace(core, f"<u>{core}</u>", 1) if word is underlined else text)
            return tags + styled.text(word.text, underlined=word is underlined)

        return opening + self.text(show, dialect.newline) + styled.closing()


class Span(NamedTuple):
    """A text with its start and end, in milliseconds from the start of the recording."""

    start_ms: int
    end_ms: int
    text: str


def spans(cues: Iterable[Cue], dialect: Dialect, *, highlight_words: bool) -> Iterator[Span]:
    """Yield the texts of cues in SubRip or WebVTT.

    Args:
        cues: in order.
        dialect: of the format.
        highlight_words: repeat each cue for every word, with that word between `<u>` and `</u>`, as
            openai-whisper does; words without duration are never underlined.
    """
    for cue in cues:
        if highlight_words and cue.timed:
            yield from _highlighted(cue, dialect)
        else:
            yield Span(cue.start_ms, cue.end_ms, _text(cue, None, dialect))


def _highlighted(cue: Cue, dialect: Dialect) -> Iterator[Span]:
    now_ms = cue.start_ms
    for word in cue.words:
        start_ms = min(max(now_ms, milliseconds(word.start)), cue.end_ms)
        end_ms = min(max(start_ms, milliseconds(word.end)), cue.end_ms)
        if start_ms == end_ms:
            continue
        if now_ms < start_ms:
            yield Span(now_ms, start_ms, _text(cue, None, dialect))
        yield Span(start_ms, end_ms, _text(cue, word, dialect))
        now_ms = end_ms
    if now_ms < cue.end_ms:
        yield Span(now_ms, cue.end_ms, _text(cue, None, dialect))


def _text(cue: Cue, highlighted: Word | None, dialect: Dialect) -> str:
    return without_arrow(cue.written(dialect, underlined=highlighted))
