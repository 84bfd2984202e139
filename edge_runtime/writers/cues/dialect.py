"""How a format writes what a cue shows: its escapes, and which styles of the text it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from edge_runtime.text.markup.pieces import pieces
from edge_runtime.text.markup.styles import Step, Style, close, steps

UNDERLINE: Final = Style("u", "<u>", "</u>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """The markup of a format.

    Attributes:
        escape: makes a text literal.
        newline: between the lines of a cue.
        styles: name → what opens and closes it.
        own: names of further tags that are written as they are in the text.
        block: what becomes of an override block.
    """

    escape: Callable[[str], str] = str
    newline: str = "\n"
    styles: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    block: Callable[[str], str] = lambda _block: ""

    def written(self, step: Step) -> str:
        """Return what a step is in the format, nothing where it has none."""
        style = step.style
        if step.kind == "block":
            return self.block(style.opened)
        if style.name in self.own:
            return style.opened if step.kind == "open" else style.closed
        opened, closed = self.styles.get(style.name, ("", ""))
        return opened if step.kind == "open" else closed


class StyledText:
    """The text of one cue in a dialect, word by word."""

    def __init__(self, dialect: Dialect, opened: Sequence[Style]) -> None:
        """Begin a cue.

        Args:
            dialect: of the format.
            opened: styles that are open where the cue begins, the outermost first.
        """
        self._dialect = dialect
        self._stack = list(opened)

    def opening(self) -> str:
        """Return what opens the styles that are open now."""
        return "".join(self._dialect.written(Step("open", style)) for style in self._stack)

    def closing(self) -> str:
        """Return what closes them."""
        return "".join(self._dialect.written(Step("close", style)) for style in reversed(self._stack))

    def text(self, written: str, *, underlined: bool = False) -> str:
        """Return the next text of the cue, underlined or not."""
        shown: list[str] = []
        if underlined:
            self._stack.append(UNDERLINE)
            shown.append(self._dialect.written(Step("open", UNDERLINE)))
        for piece in pieces(written):
            if piece.kind == "tag":
                shown += [self._dialect.written(step) for step in steps(self._stack, piece.written)]
            else:
                shown.append(self._dialect.escape(piece.shown))
        if underlined:
            shown += [self._dialect.written(step) for step in close(self._stack, UNDERLINE.name)]
        return "".join(shown)
