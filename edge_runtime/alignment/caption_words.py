"""The units of a text in captions, and the words and times of each caption."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from edge_runtime.alignment.times import UnitTime
from edge_runtime.alignment.word_assembly import assemble_words
from edge_runtime.arrays import Seconds
from edge_runtime.results.document import TimedSegment, has_space
from edge_runtime.results.words import Word
from edge_runtime.text.spoken import Script
from edge_runtime.text.units import Unit
from edge_runtime.vad.energy import Span


@dataclass(frozen=True, slots=True)
class CaptionWords:
    """Captions and the units of each; a text without captions is one of them.

    Attributes:
        captions: as they were given.
        scripts: what of each is spoken.
        rows: the units of each.
    """

    captions: tuple[str, ...]
    scripts: tuple[Script, ...]
    rows: tuple[tuple[Unit, ...], ...]

    @classmethod
    def of(
        cls, captions: Sequence[str], read: Callable[[str], Script], split: Callable[[str], Sequence[Unit]]
    ) -> CaptionWords:
        """Split captions.

        Args:
            captions: in order.
            read: tells what of a caption is spoken.
            split: splits what is spoken into units.
        """
        scripts = tuple(map(read, captions))
        rows = tuple(script.units_in_text(split(script.spoken)) for script in scripts)
        return cls(tuple(captions), scripts, rows)

    @property
    def has_markup(self) -> bool:
        """Whether a caption holds tags or entities, and not all of it is taken as spoken."""
        return any(script.has_markup for script in self.scripts)

    @property
    def units(self) -> tuple[Unit, ...]:
        """The units of all captions, in order."""
        return tuple(chain.from_iterable(self.rows))

    def assemble(
        self, times: Sequence[UnitTime], speech: Sequence[Span] | None
    ) -> tuple[tuple[Word, ...], ...]:
        """Return the words of each caption; one that nobody speaks has none.

        Args:
            times: one per unit of `units`.
            speech: where somebody speaks; None flags no word as outside it.
        """
        rows, left = [], iter(times)
        for script, units in zip(self.scripts, self.rows, strict=True):
            own = [next(left) for _ in units]
            rows.append(assemble_words(script.text, units, own, speech=speech))
        return tuple(_spaced(rows))

    def segments(self, rows: Sequence[Sequence[Word]], duration_s: Seconds) -> tuple[TimedSegment, ...]:
        """Return a segment for each caption, with its text as it was given.

        A caption that nobody speaks gets the time between its neighbours; several in a row share it.

        Args:
            rows: the words of each caption.
            duration_s: of the recording.
        """
        times = _times(rows, duration_s)
        return tuple(
            TimedSegment(start, end, text, tuple(words))
            for (start, end), text, words in zip(times, self.captions, rows, strict=True)
        )


def split_at(words: Sequence[Word], sizes: Sequence[int]) -> tuple[tuple[Word, ...], ...]:
    """Split words into rows of these sizes."""
    left = iter(words)
    return tuple(tuple(islice(left, size)) for size in sizes)


def _spaced(rows: Sequence[tuple[Word, ...]]) -> Iterator[tuple[Word, ...]]:
    """Set `space_after` of the last word of each row: one of the next row follows it."""
    following = ""
    spaced: list[tuple[Word, ...]] = []
    for row in reversed(rows):
        if row:
            last = replace(row[-1], space_after=bool(following) and has_space(row[-1].text, following))
            spaced.append((*row[:-1], last))
            following = row[0].text
        else:
            spaced.append(row)
    return reversed(spaced)


def _times(rows: Sequence[Sequence[Word]], duration_s: Seconds) -> list[tuple[Seconds, Seconds]]:
    times: list[tuple[Seconds, Seconds]] = []
    now = 0.0
    for at, row in enumerate(rows):
        if row:
            start, end = row[0].start, row[-1].end
        else:
            later = next((one for one in range(at, len(rows)) if rows[one]), len(rows))
            until = rows[later][0].start if later < len(rows) else duration_s
            start, end = now, now + max(0.0, until - now) / (later - at)
        times.append((start, round(end, 3)))
        now = times[-1][1]
    return times
