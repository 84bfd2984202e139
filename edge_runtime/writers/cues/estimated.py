"""Times of words that nobody aligned: shares of the segment by letters, never slower than people speak."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.results.document import TimedSegment, has_space
from edge_runtime.results.words import Word
from edge_runtime.text.sentences.sentence_end import ends_sentence_before
from edge_runtime.text.syllables import num_syllables
from edge_runtime.writers.plain import one_line

_SLOWEST_SYLLABLE_S: Final[Seconds] = 0.4
"""A sentence that is given more time has silence behind it."""

_WORD: Final = re.compile(r"\S+\s*")


def estimated_words(segment: TimedSegment, language: str | None) -> tuple[Word, ...]:
    """Return the words of a segment with times in proportion to their syllables.

    Each sentence begins where the share of the text before it ends. Its words follow each other at the rate
    of the segment, or at that of slow speech if the segment is longer than that.
    """
    texts = list(_texts(one_line(segment.text)))
    weights = [max(1, num_syllables(text)) for text, _ in texts]
    rate_s = (segment.end - segment.start) / max(sum(weights), 1)
    words: list[Word] = []
    passed, now = 0, segment.start
    for (text, space), weight in zip(texts, weights, strict=True):
        if words and ends_sentence_before(words[-1].text, text, 0.0, language):
            now = segment.start + passed * rate_s
        end = now + weight * min(rate_s, _SLOWEST_SYLLABLE_S)
        words.append(Word(text, round(now, 3), round(end, 3), space_after=space))
        passed, now = passed + weight, end
    return tuple(words)


def _texts(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the words of a text, or in scripts without spaces its characters, and whether a space follows."""
    for match in _WORD.finditer(text):
        word = match[0].rstrip()
        start = 0
        for at in range(1, len(word)):
            if (
                not has_space(word[at - 1], word[at])
                and word[at].isalnum()
                and word[at - 1] not in "“‘（《「『【"
            ):
                yield word[start:at], False
                start = at
        yield word[start:], match[0] != word
