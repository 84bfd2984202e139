"""A terminal of a few rows that wraps nothing by itself until it is made narrower, as common ones do."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

_TOKEN = re.compile(r"\033\[(\d*)([A-Za-z])|(.)", re.DOTALL)


def _columns(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


@dataclass
class Terminal:
    """Understands what the live view writes; fails on text in or behind the last column."""

    columns: int = 20
    rows: int = 6
    lines: list[list[str]] = field(default_factory=lambda: [[]])
    row: int = 0
    column: int = 0
    written: list[str] = field(default_factory=list)
    dim: bool = False

    def write(self, text: str) -> None:
        self.written.append(text)
        for number, letter, character in _TOKEN.findall(text):
            if letter:
                self._command(letter, int(number or 1))
            else:
                self._put(character)

    def resize(self, columns: int) -> None:
        """Break the rows again; the cursor stays with its text."""
        before = sum(-(-max(1, len(line)) // columns) for line in self.lines[: self.row])
        self.row, self.column = before + self.column // columns, self.column % columns
        self.lines = [
            line[at : at + columns] for line in self.lines for at in range(0, max(1, len(line)), columns)
        ]
        self.columns = columns

    @property
    def text(self) -> str:
        return "\n".join("".join(line).rstrip() for line in self.lines).rstrip("\n")

    def _command(self, letter: str, number: int) -> None:
        if letter == "A":
            assert self.row - number >= max(0, len(self.lines) - self.rows), "the row has scrolled away"
            self.row -= number
        elif letter == "C":
            self.column += number
        elif letter == "J":
            self.lines[self.row :] = [self.lines[self.row][: self.column]]
        elif letter == "m":
            self.dim = not self.dim
        else:
            raise AssertionError(f"no such command: {letter}")

    def _put(self, character: str) -> None:
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.row, self.column = self.row + 1, 0
            self.lines += [[]] * (self.row == len(self.lines))
        else:
            line = self.lines[self.row]
            cells = [character, ""][: _columns(character)]
            line[self.column : self.column + len(cells)] = cells
            self.column += len(cells)
            assert self.column < self.columns, "terminals differ in what they do in the last column"
