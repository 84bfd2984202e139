"""A transcript with times: the input of the writers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.results.result_warning import ResultWarning
from edge_runtime.results.transcript import Stretch
from edge_runtime.results.words import Word
from edge_runtime.text.markup.pieces import shown
from edge_runtime.text.sentences.sentence_end import ends_sentence_before

LONG_PAUSE_S: Final = 3.0
"""No segment or cue contains a longer pause; the number is openai-whisper's (`whisper/utils.py`)."""

_SPACELESS: Final = re.compile(
    r"[\u3000-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\uff01-\uff60\U00020000-\U0003ffff]"
)
"""Chinese and Japanese characters and punctuation; not Korean, which has spaces between words, nor Thai,
which has them between phrases."""


@dataclass(frozen=True, slots=True)
class TimedSegment:
    """A stretch of the recording and its text.

    Attributes:
        start: seconds from the start of the recording.
        end: seconds from the start of the recording, not before `start`.
        text: as written.
        words: its words in order, empty where their times are not known.
        avg_logprob: mean natural log-probability of its tokens, None where unknown.
    """

    start: Seconds
    end: Seconds
    text: str
    words: tuple[Word, ...] = ()
    avg_logprob: float | None = None

    @classmethod
    def from_words(cls, words: Sequence[Word], avg_logprob: float | None = None) -> TimedSegment:
        """Join one or more words to a segment."""
        return cls(words[0].start, words[-1].end, join_words(words), tuple(words), avg_logprob)


@dataclass(frozen=True, slots=True)
class Document:
    """The text of a recording with times.

    Attributes:
        language: name of the language, None where unknown.
        duration_s: length of the recording.
        segments: the text in order.
        status: how far the text or its times can be relied on, None where unknown.
        warnings: what was warned of.
        has_markup: whether `<i>` and `&amp;` in the texts are markup and not literal.
        speech: where somebody speaks, in order; nothing where that is not known.
    """

    language: str | None
    duration_s: Seconds
    segments: tuple[TimedSegment, ...]
    status: str | None = None
    warnings: tuple[ResultWarning, ...] = ()
    has_markup: bool = False
    speech: tuple[Stretch, ...] = ()

    @classmethod
    def from_words(
        cls, words: Sequence[Word], *, language: str | None, duration_s: Seconds, has_markup: bool = False
    ) -> Document:
        """Make a document of aligned words, one segment a sentence."""
        read = shown if has_markup else str

        def is_break(left: Word, right: Word) -> bool:
            pause_s = right.start - left.end
            return pause_s > LONG_PAUSE_S or ends_sentence_before(
                read(left.text), read(right.text), pause_s, language
            )

        sentences = split_words(words, is_break)
        segments = tuple(TimedSegment.from_words(sentence) for sentence in sentences)
        return cls(language, duration_s, segments, has_markup=has_markup)

    def shifted(self, offset_s: Seconds) -> Document:
        """Return the document with all times later; those before the start become 0."""
        segments = tuple(_later(segment, offset_s) for segment in self.segments)
        speech = tuple(Stretch(_at(one.start, offset_s), _at(one.end, offset_s)) for one in self.speech)
        return replace(self, segments=segments, duration_s=_at(self.duration_s, offset_s), speech=speech)

    @property
    def text(self) -> str:
        """The joined texts of the segments, with spaces between them where their script has spaces."""
        return join_texts(segment.text for segment in self.segments)


def _later(segment: TimedSegment, offset_s: Seconds) -> TimedSegment:
    words = tuple(
        replace(word, start=_at(word.start, offset_s), end=_at(word.end, offset_s)) for word in segment.words
    )
    return replace(segment, start=_at(segment.start, offset_s), end=_at(segment.end, offset_s), words=words)


def _at(time_s: Seconds, offset_s: Seconds) -> Seconds:
    return max(0.0, round(time_s + offset_s, 3)) if offset_s else time_s


def join_texts(texts: Iterable[str]) -> str:
    """Join texts, with a space between two where their script has spaces; empty ones leave no trace."""
    filled = [text.strip() for text in texts if text.strip()]
    spaces = [" " if has_space(left, right) else "" for left, right in pairwise(filled)]
    return "".join(text + space for text, space in zip_longest(filled, spaces, fillvalue=""))


def join_words(words: Sequence[Word], show: Callable[[Word], str] = lambda word: word.text) -> str:
    """Join words to one line, with a space after each that has `space_after`."""
    return "".join(show(word) + " " * word.space_after for word in words[:-1]) + "".join(
        map(show, words[-1:])
    )


def has_space(left: str, right: str) -> bool:
    """Tell whether a space separates two texts: not next to a Chinese or Japanese character."""
    return not (_SPACELESS.match(left[-1:]) or _SPACELESS.match(right[:1]))


def split_words(words: Sequence[Word], is_break: Callable[[Word, Word], bool]) -> Iterator[tuple[Word, ...]]:
    """Split words between all neighbours for which `is_break(left, right)` is true."""
    cuts = [index for index, (left, right) in enumerate(pairwise(words), 1) if is_break(left, right)]
    for start, end in pairwise([0, *cuts, len(words)]):
        if start < end:
            yield tuple(words[start:end])


def is_long_pause(left: Word, right: Word) -> bool:
    """Tell whether the pause between two words is longer than `LONG_PAUSE_S`."""
    return right.start - left.end > LONG_PAUSE_S
