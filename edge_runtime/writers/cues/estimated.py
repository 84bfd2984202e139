"""Times of words that nobody aligned: shares of the speech by syllables, never slower than people speak."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.results.document import TimedSegment, has_space, split_words
from edge_runtime.results.transcript import Stretch
from edge_runtime.results.words import Word
from edge_runtime.text.sentences.sentence_end import ends_sentence_before
from edge_runtime.text.syllables import num_syllables
from edge_runtime.writers.plain import one_line

_SLOWEST_SYLLABLE_S: Final[Seconds] = 0.4
"""A sentence that is given more time has silence behind it, unless that is known to be speech."""

_NEAR_S: Final[Seconds] = 1.5
_NEAR_SHARE: Final = 0.4
"""A sentence ends at a pause so near the end of its share, unless one loses more than this share of it."""

_SPARE_S: Final[Seconds] = 0.05
"""So short before a pause no word begins."""

_WORD: Final = re.compile(r"[^ ]+ *")


def estimated_sentences(
    segment: TimedSegment, language: str | None, speech: Sequence[Stretch] = ()
) -> Iterator[tuple[Word, ...]]:
    """Yield the words of each sentence of a segment with times in proportion to their syllables.

    The sentences share the speech of the segment, and end at its pauses where those are near. The words of a
    sentence follow each other at its rate; where speech is not known, no slower than people speak.

    Args:
        segment: without words.
        language: name of its language, None where unknown.
        speech: where somebody speaks in the recording, in order; none takes all of the segment.
    """
    texts = [Word(text, 0, 0, space_after=space) for text, space in _texts(one_line(segment.text))]
    if not texts:
        return
    sentences = list(
        split_words(texts, lambda left, right: ends_sentence_before(left.text, right.text, 0.0, language))
    )
    clock = _SpeechClock(segment, speech)
    weights = [sum(map(_weight, sentence)) for sentence in sentences]
    shares = list(accumulate(weights, initial=0))
    ends = list(_ends([clock.length_s * share / max(1, shares[-1]) for share in shares], clock))
    for sentence, (start, end), weight in zip(sentences, pairwise(ends), weights, strict=True):
        syllable_s = (end - start) / weight
        yield tuple(
            _spoken(sentence, start, syllable_s if speech else min(syllable_s, _SLOWEST_SYLLABLE_S), clock)
        )


class _SpeechClock:
    """Seconds of speech since the start of a segment, and the seconds of the recording that they are."""

    def __init__(self, segment: TimedSegment, speech: Sequence[Stretch]) -> None:
        inside = [(max(one.start, segment.start), min(one.end, segment.end)) for one in speech]
        self._spans = [(start, end) for start, end in inside if start < end] or [(segment.start, segment.end)]
        self._passed = list(accumulate((end - start for start, end in self._spans), initial=0.0))

    @property
    def length_s(self) -> Seconds:
        return self._passed[-1]

    def near_pause(self, spoken_s: Seconds, earlier_s: Seconds, later_s: Seconds) -> Seconds:
        """Return a moment of the speech, moved to the nearest pause that is no further away than these."""
        near = [one for one in self._passed if -earlier_s <= one - spoken_s <= later_s]
        return min(near, key=lambda pause: abs(pause - spoken_s), default=spoken_s)

    def times(self, start: Seconds, end: Seconds) -> tuple[Seconds, Seconds]:
        """Return when a stretch of the speech is in the recording; it ends at the pause that it reaches."""
        at = max(0, bisect_right(self._passed, start + _SPARE_S, hi=len(self._spans)) - 1)
        first, last = self._spans[at]
        begin, until = (min(max(first, first + one - self._passed[at]), last) for one in (start, end))
        return round(begin, 3), round(until, 3)


def _ends(shares: Sequence[Seconds], clock: _SpeechClock) -> Iterator[Seconds]:
    """Yield the moments between sentences, moved to pauses where those are near."""
    yield from shares[:1]
    for before, share, after in zip(shares, shares[1:], shares[2:], strict=False):
        earlier_s, later_s = (
            min(_NEAR_S, _NEAR_SHARE * length) for length in (share - before, after - share)
        )
        yield clock.near_pause(share, earlier_s, later_s)
    yield from shares[-1:]


def _spoken(
    sentence: Sequence[Word], start: Seconds, syllable_s: Seconds, clock: _SpeechClock
) -> Iterator[Word]:
    for word in sentence:
        end = start + _weight(word) * syllable_s
        yield Word(word.text, *clock.times(start, end), space_after=word.space_after)
        start = end


def _weight(word: Word) -> int:
    return max(1, num_syllables(word.text))


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
