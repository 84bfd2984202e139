"""Clips that begin or end between two words of a text, as windows of long recordings do."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from edge_mini.batches import Example
from edge_mini.corpus import Utterance
from edge_mini.features import LogMel, Sample
from edge_mini.timed_corpus import render_timed

_FRAMES_PER_S = 100
# A word, or a character of Chinese, with what is written behind it.
_PIECE = re.compile(r"[\u4e00-\u9fff][^\u4e00-\u9fff]*|[^\s\u4e00-\u9fff]+\s*")
_BOTH_ENDS_SHARE, _FIRST_END_SHARE = 0.3, 0.65


@dataclass(frozen=True, slots=True)
class CutExample:
    """A clip whose words have times: log-mel (frames, 128), start and end of each piece in seconds."""

    mel: LogMel
    language: str
    pieces: Sequence[str]
    spans: Sequence[tuple[float, float]]


def pieces_of(text: str) -> list[str]:
    """Split a transcript into what has a time of its own; together they are the transcript."""
    return _PIECE.findall(text)


def timed_sample(utterance: Utterance) -> Sample | None:
    """Render a clip for the feature shards; None if a word of it has no time."""
    clip = render_timed(utterance)
    if clip is None:
        return None
    pieces = pieces_of(clip.text)
    if len(pieces) != len(clip.spans):
        return None
    spans = [(span.start, span.end) for span in clip.spans]
    return Sample(clip.samples, {"language": utterance.language, "pieces": pieces, "spans": spans})


def cut(clip: CutExample, longest: int, rng: random.Random) -> Example:
    """Keep the end, the beginning or the middle of a clip, of about `longest` frames at most."""
    count = len(clip.pieces)
    share = rng.random()
    first = rng.randrange(count) if share < _FIRST_END_SHARE else 0
    last = rng.randint(first + 1, count) if share < _BOTH_ENDS_SHARE or share > _FIRST_END_SHARE else count
    start = _between(clip, first, rng) if first else 0
    while last > first + 1 and clip.spans[last - 1][1] * _FRAMES_PER_S - start > longest:
        last -= 1
    end = _between(clip, last, rng) if last < count else len(clip.mel)
    text = "".join(clip.pieces[first:last]).strip()
    return Example(clip.mel[start:end], clip.language, text)


def _between(clip: CutExample, place: int, rng: random.Random) -> int:
    """Return a frame between the word before a place and the word at it."""
    earliest, latest = clip.spans[place - 1][1], clip.spans[place][0]
    return round(rng.uniform(min(earliest, latest), latest) * _FRAMES_PER_S)
