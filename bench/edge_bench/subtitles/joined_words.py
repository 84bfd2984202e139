"""Words with known times: the clips of a list, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from edge_bench.corpus import AlignedClip
from edge_runtime.alignment.times import UnitTime
from edge_runtime.alignment.word_assembly import assemble_words
from edge_runtime.arrays import Seconds
from edge_runtime.results.document import Document, has_space
from edge_runtime.results.words import Word
from edge_runtime.text.units import split_units


def join_words_of(clips: Sequence[AlignedClip], folder: Path, duration_s: Seconds) -> Document:
    """Join clips of one language until they last `duration_s`, or until there are no more.

    Args:
        clips: in order; their recordings give the times from one to the next.
        folder: holds the recordings.
        duration_s: length of the whole.
    """
    import soundfile  # noqa: PLC0415  # not needed to show help

    words: list[Word] = []
    at_s = 0.0
    for clip in clips:
        if at_s >= duration_s:
            break
        if words:
            words[-1] = replace(words[-1], space_after=has_space(words[-1].text, clip.text))
        words += _words(clip, at_s)
        at_s += soundfile.info(folder / clip.audio).duration
    return Document.from_words(words, language=clips[0].language, duration_s=at_s)


def _words(clip: AlignedClip, at_s: Seconds) -> Iterator[Word]:
    units = split_units(clip.text, clip.language)
    times = [UnitTime(_ms(span.start + at_s), _ms(span.end + at_s)) for span in clip.units]
    yield from assemble_words(clip.text, units, times)


def _ms(seconds: Seconds) -> int:
    return round(1000 * seconds)
