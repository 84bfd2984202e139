"""Documents that the writer tests share."""

from __future__ import annotations

from typing import Final

from edge_runtime.results.document import Document, TimedSegment
from edge_runtime.results.words import Word
from edge_runtime.writers import WriterOptions


def timed(text: str, start: float = 0.0, word_s: float = 0.25, pause_s: float = 0.05) -> tuple[Word, ...]:
    """Speak the words of a text one after the other, each for `word_s` and then silent for `pause_s`."""
    starts = (start + index * (word_s + pause_s) for index, _ in enumerate(text.split()))
    return tuple(
        Word(word, round(begin, 3), round(begin + word_s, 3))
        for word, begin in zip(text.split(), starts, strict=True)
    )


def characters(text: str, start: float = 0.0) -> tuple[Word, ...]:
    """Speak each character of a text for 0.2 s; "/" separates those that take more than one."""
    return tuple(
        Word(unit, round(start + index * 0.2, 3), round(start + (index + 1) * 0.2, 3), space_after=False)
        for index, unit in enumerate(text.split("/"))
    )


ENGLISH: Final = Document(
    language="English",
    duration_s=9.5,
    segments=(
        TimedSegment(
            start=0.32,
            end=2.4,
            text="Ask not what your country can do,",
            words=(
                Word("Ask", 0.32, 0.64, 0.98),
                Word("not", 0.64, 0.96, 0.97),
                Word("what", 0.96, 1.2, 0.9),
                Word("your", 1.2, 1.44, 0.91),
                Word("country", 1.44, 1.92, 0.99),
                Word("can", 1.92, 1.92, 0.4, ("zero_length",)),
                Word("do,", 2.0, 2.4, 0.95),
            ),
            avg_logprob=-0.125,
        ),
        TimedSegment(
            start=7.04,
            end=8.56,
            text='ask "what" you --> can do.',
            words=(
                Word("ask", 7.04, 7.36),
                Word('"what"', 7.36, 7.6),
                Word("you", 7.6, 7.84),
                Word("-->", 7.84, 7.92),
                Word("can", 7.92, 8.16),
                Word("do.", 8.16, 8.56),
            ),
            avg_logprob=-0.25,
        ),
    ),
)
CHINESE: Final = Document.from_words(
    characters("今/天/天/气/很/好，/我/们/去/公/园/散/步。") + characters("OK/吗？", 3.0),
    language="Chinese",
    duration_s=4.0,
)
KOREAN: Final = Document.from_words(
    (
        Word("안녕하세요", 0.0, 1.0),
        *(Word("반갑", 1.0, 1.4, space_after=False), Word("습니다", 1.4, 2.0), Word("저는", 2.0, 2.4)),
        *(Word("학교", 2.4, 2.8, space_after=False), Word("에", 2.8, 3.0), Word("갑니다.", 3.0, 3.6)),
    ),
    language="Korean",
    duration_s=4.0,
)
UNTIMED: Final = Document(
    language=None,
    duration_s=3723.5,
    segments=(
        TimedSegment(0.0, 30.0, " The first part. "),
        TimedSegment(3722.25, 3723.5, "And the last."),
    ),
)
HOSTILE: Final = Document(
    language="English",
    duration_s=4.0,
    segments=(
        TimedSegment.from_words(
            (
                Word("<b>Q&A</b>", 0.0, 0.5),
                Word("two\nlines\r\nand\ttab", 0.5, 1.0),
                Word("--->", 1.0, 1.0),
                Word("{\\an8}\\N", 1.0, 1.5),
                Word("שלום", 1.5, 2.0),
                Word("👩‍👩‍👧", 2.0, 2.5),
                Word("نمی‌دانم", 2.5, 3.0),
                Word(" \n ", 3.0, 3.0),
                Word('"end"', 3.0, 3.5),
            )
        ),
    ),
)
EMPTY: Final = Document(language=None, duration_s=0.0, segments=())

DEFAULTS: Final = WriterOptions()
HIGHLIGHT: Final = WriterOptions(highlight_words=True)
NARROW: Final = WriterOptions(max_line_width=16, max_line_count=2)
WHISPER: Final = WriterOptions(max_line_width=16, max_line_count=2, whisper_layout=True)
SHORT_LINES: Final = WriterOptions(max_line_width=6, max_line_count=1)
