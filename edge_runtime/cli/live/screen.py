"""A terminal on which stable text stays and the draft behind it is written again and again.

Rows are broken here, one column before the terminal would: what a terminal does in its last column differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from edge_runtime.cli.process.text_width import width_of

_CLEAR_BELOW: Final = "\033[J"
_DIM: Final = "\033[2m"
_NORMAL: Final = "\033[0m"
_CUT: Final = "…"
_FALLBACK: Final = (80, 24)


class Size(NamedTuple):
    """Columns and rows of a terminal; 0 where unknown."""

    columns: int
    rows: int


class Screen:
    """What stands on a terminal of the segment that is spoken. Its methods return what to write there."""

    def __init__(self, size: Callable[[], Size], *, color: bool) -> None:
        """Begin in the first column.

        Args:
            size: returns the terminal's size as it is now.
            color: whether the draft is dim.
        """
        self._size, self._color = size, color
        self._stable, self._draft = "", ""
        self._rows: list[int] = [0]
        """Columns of the rows of the stable text."""
        self._drawn: list[int] = []
        """Columns of the rows from the end of the stable text on, the draft's included; none without one."""

    @property
    def drawn(self) -> bool:
        """Whether a draft is to be seen."""
        return bool(self._drawn)

    def show(self, stable_added: str, draft: str) -> str:
        """Add to the stable text, and replace the draft."""
        erased = self.hide()
        added = self._append(stable_added)
        self._draft = draft
        return erased + added + self.redraw()

    def finish(self, text: str) -> str:
        """End the segment with its text; what is stable is rewritten only if the text differs from it."""
        erased = self.hide()
        if text.startswith(self._stable):
            written = self._append(text[len(self._stable) :])
        else:
            erased += self._erase_stable()
            written = self._append(text)
        ended = "\n" if self._rows != [0] else ""
        self._stable, self._draft, self._rows = "", "", [0]
        return erased + written + ended

    def hide(self) -> str:
        """Take the draft away."""
        if not self._drawn:
            return ""
        column = self._rows[-1]
        up = self._height(self._drawn) - 1 - column // self._columns()
        self._drawn = []
        return _moved(up, column % self._columns()) + _CLEAR_BELOW

    def redraw(self) -> str:
        """Write the draft again, after `hide`."""
        rows = list(_broken(self._draft, self._rows[-1], self._columns() - 1))
        rows = _cut(rows, max(1, self._size_now().rows - 1), self._columns() - 1)
        if not any(rows):
            return ""
        self._drawn = _widths(rows, self._rows[-1])
        text = "\n".join(rows)
        return f"{_DIM}{text}{_NORMAL}" if self._color else text

    def _append(self, text: str) -> str:
        rows = list(_broken(text, self._rows[-1], self._columns() - 1))
        self._rows[-1:] = _widths(rows, self._rows[-1])
        self._stable += text
        return "\n".join(rows)

    def _erase_stable(self) -> str:
        """Take the stable text away where it can still be reached, else begin a row below it."""
        height = self._height(self._rows)
        self._stable, self._rows = "", [0]
        return "\n" if height >= self._size_now().rows else _moved(height - 1, 0) + _CLEAR_BELOW

    def _height(self, widths: Sequence[int]) -> int:
        """Return the rows that text takes now; a terminal that became narrower has broken it again."""
        return sum(max(1, -(-width // self._columns())) for width in widths)

    def _columns(self) -> int:
        return max(2, self._size_now().columns)

    def _size_now(self) -> Size:
        size = self._size()
        return Size(size.columns or _FALLBACK[0], size.rows or _FALLBACK[1])


def _moved(up: int, column: int) -> str:
    return (f"\033[{up}A" if up > 0 else "") + "\r" + (f"\033[{column}C" if column else "")


def _widths(rows: Sequence[str], column: int) -> list[int]:
    """Return the columns of rows of which the first goes on from `column`."""
    first, *others = map(width_of, rows)
    return [column + first, *others]


def _broken(text: str, column: int, room: int) -> Iterator[str]:
    """Yield the rows of a text that goes on from `column`, broken at spaces and at wide characters."""
    row = ""
    for piece in _pieces(text):
        shown = piece
        if column + width_of(piece) > room:
            if column:
                yield row
                row, column = "", 0
            shown = piece.lstrip(" ")
        for character in shown:
            if column + width_of(character) > room:
                yield row
                row, column = "", 0
            row += character
            column += width_of(character)
    yield row


def _pieces(text: str) -> Iterator[str]:
    """Yield what is not broken: a word with the spaces before it, a wide character alone."""
    piece = ""
    for character in text:
        is_wide = width_of(character) > 1
        ends = character == " " or is_wide or width_of(piece[-1:]) > 1
        if piece.strip(" ") and ends:
            yield piece
            piece = ""
        piece += character
    yield piece


def _cut(rows: Sequence[str], limit: int, room: int) -> list[str]:
    """Return at most so many rows; the last says where more would follow."""
    if len(rows) <= limit:
        return list(rows)
    last = rows[limit - 1]
    while last and width_of(last) >= room:
        last = last[:-1]
    return [*rows[: limit - 1], last + _CUT]
