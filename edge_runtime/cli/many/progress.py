"""How far a run is, how fast, and how long it will take."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import PurePath
from time import perf_counter
from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.cli.many.items import Item
from edge_runtime.cli.many.summary import clock
from edge_runtime.cli.terminal import printable

_MIN_KNOWN: Final = 3
"""Recordings from which the time that is left is estimated."""


@dataclass
class Estimate:
    """The time that is left, from the sizes of the files.

    How long the recordings to come are is not known, but how many bytes they have, and how many seconds a
    byte of their kind had until now. A kind that was not met yet counts as all others together.

    Attributes:
        left: suffix → bytes still to come.
        known: suffix → bytes whose duration is known.
        audio: suffix → seconds of these.
    """

    left: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    audio: dict[str, Seconds] = field(default_factory=dict)

    def expect(self, name: str, size: int) -> None:
        """Count a file that is still to come."""
        self.left[_kind(name)] += size

    def finish(self, name: str, size: int, audio_s: Seconds | None) -> None:
        """Count a file that is done; without a duration where it failed or was left out."""
        kind = _kind(name)
        self.left[kind] -= size
        if audio_s is not None:
            self.known[kind] += size
            self.audio[kind] = self.audio.get(kind, 0.0) + audio_s

    def audio_left_s(self) -> Seconds | None:
        """Return the seconds of audio still to come, None where nothing is known."""
        num_known = self.known.total()
        if not num_known:
            return None
        mean = self.audio_s() / num_known
        return sum(
            size * (self.audio[kind] / self.known[kind] if self.known[kind] else mean)
            for kind, size in self.left.items()
        )

    def audio_s(self) -> Seconds:
        """Return the seconds of audio that are done."""
        return sum(self.audio.values())


class Progress:
    """What the line at the bottom of the terminal says."""

    def __init__(self, items: Sequence[Item], *, is_shown: bool) -> None:
        """Look up the sizes of the files, if somebody sees the line."""
        self._sizes: Final = {item.name: _size(item.name) if is_shown else 0 for item in items}
        self._estimate: Final = Estimate()
        self._total: Final = len(items)
        self._num_over = 0
        self._num_known = 0
        self._start: Final = perf_counter()
        self._since = self._start
        self._waiting: Final[dict[str, None]] = {}
        for item in items:
            self._estimate.expect(item.name, self._sizes[item.name])

    def finish(self, item: Item, audio_s: Seconds | None) -> None:
        """Count an item that is over, with the duration of its recording if it was transcribed."""
        self._estimate.finish(item.name, self._sizes[item.name], audio_s)
        self._num_over += 1
        self._num_known += audio_s is not None
        self._waiting.pop(item.name, None)
        self._since = perf_counter()

    def take(self, name: str) -> None:
        """Count a recording among those that are waited for."""
        self._waiting[name] = None

    def text(self) -> str:
        """Return the line; figures first, since its end is cut where it is too long."""
        now = perf_counter()
        figures = ", ".join([f"{min(self._num_over + 1, self._total)}/{self._total}", *self._figures(now)])
        name = next(iter(tuple(self._waiting)), "")
        return f"transcribing {figures} {printable(name)} … {now - self._since:.0f} s"

    def _figures(self, now: Seconds) -> Sequence[str]:
        audio_s, left_s = self._estimate.audio_s(), self._estimate.audio_left_s()
        if not audio_s:
            return ()
        rtf = (now - self._start) / audio_s
        figures = [f"{clock(audio_s)} of audio", f"RTF {rtf:.2f}"]
        if left_s is not None and self._num_known >= _MIN_KNOWN:
            figures.append(f"{clock(left_s * rtf)} left,")
        return figures


def _kind(name: str) -> str:
    return PurePath(name).suffix.lower()


def _size(name: str) -> int:
    with suppress(OSError, ValueError):
        return os.stat(name).st_size  # noqa: PTH116  # names that pathlib refuses are errors later
    return 0
