r"""Styles that tags (`<i>`, `</i>`) and override blocks (`{\i1}`, `{\i0}`) of a text open and close."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

from edge_runtime.text.markup.pieces import pieces

_ALIASES: Final = {"em": "i", "strong": "b"}
_TAG: Final = re.compile(r"<(/?)([a-z]+)", re.IGNORECASE)
_SWITCH: Final = re.compile(r"\\([ibus])([01])(?![\w.])")


class Style(NamedTuple):
    """What holds from one place of a text to another.

    Attributes:
        name: of the tag, in lower case: `i`, `b`, `u`, `s`, `font`, `v` …
        opened: as written.
        closed: what ends it.
    """

    name: str
    opened: str
    closed: str


class Step(NamedTuple):
    """A style that begins or ends, or an override block, which holds for a cue: its text is `opened`."""

    kind: Literal["open", "close", "block"]
    style: Style


def steps(stack: list[Style], tag: str) -> Iterator[Step]:
    """Yield what a tag does, and do it to the styles that are open: what it crosses is closed and reopened.

    Args:
        stack: styles that are open, the outermost first; changed.
        tag: a tag or an override block.
    """
    if match := _TAG.match(tag):
        name = _ALIASES.get(match[2].lower(), match[2].lower())
        if match[1]:
            yield from close(stack, name)
        else:
            yield from _open(stack, Style(name, tag, f"</{match[2]}>"))
    elif tag.startswith("{"):
        for name, is_on in _SWITCH.findall(tag):
            style = Style(name, f"{{\\{name}1}}", f"{{\\{name}0}}")
            yield from _open(stack, style) if is_on == "1" else close(stack, name)
        rest = _SWITCH.sub("", tag)
        if "\\" in rest:
            yield Step("block", Style("", rest, ""))


def close(stack: list[Style], name: str) -> Iterator[Step]:
    """Yield the steps that close a style, none if it is not open."""
    at = next((at for at in reversed(range(len(stack))) if stack[at].name == name), None)
    if at is None:
        return
    yield from (Step("close", style) for style in reversed(stack[at:]))
    del stack[at]
    yield from (Step("open", style) for style in stack[at:])


def open_styles(text: str, before: Sequence[Style] = ()) -> tuple[Style, ...]:
    """Return the styles that are open behind a text, given those before it."""
    stack = list(before)
    for piece in pieces(text):
        if piece.kind == "tag":
            for _ in steps(stack, piece.written):
                pass
    return tuple(stack)


def balanced(text: str) -> str:
    """Return a text with what ends the styles that it leaves open."""
    return text + "".join(style.closed for style in reversed(open_styles(text)))


def _open(stack: list[Style], style: Style) -> Iterator[Step]:
    stack.append(style)
    yield Step("open", style)
