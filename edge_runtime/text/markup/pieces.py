"""Markup of subtitles within a text, of SubRip, WebVTT and ASS: tags, override blocks, entities."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Final, Literal, NamedTuple

_MARKUP: Final = re.compile(
    r"<br\s*/?>"
    r"|(?P<tag></?(?:i|b|u|s|em|strong|font|span|p|c|v|lang|ruby|rt|rp)\b[^<>\n]*>|<\d\d[\d:.]*>"
    r"|\{[^{}\n]*\\[^{}\n]*\})"
    r"|(?P<note>\{[^{}\n]*\})"
    r"|(?P<entity>&#?\w+;)",
    re.IGNORECASE,
)

_CLOSER: Final = re.compile(r"</|\{\\[ibus]0\}")


class Piece(NamedTuple):
    """A stretch of a text.

    Attributes:
        kind: text; an entity; a tag, which shows nothing; a note in braces, which nobody says.
        written: in the text.
        shown: what a reader sees of it.
        start: where it begins.
    """

    kind: Literal["text", "entity", "tag", "note"]
    written: str
    shown: str
    start: int


def pieces(text: str) -> Iterator[Piece]:
    """Yield the stretches of a text, all of it in order."""
    done = 0
    for match in _MARKUP.finditer(text):
        if done < match.start():
            yield Piece("text", text[done : match.start()], text[done : match.start()], done)
        yield _piece(match)
        done = match.end()
    if done < len(text):
        yield Piece("text", text[done:], text[done:], done)


def shown(text: str) -> str:
    """Return what a reader sees of a text."""
    return "".join(piece.shown for piece in pieces(text))


def has_markup(text: str) -> bool:
    """Tell whether a text holds any."""
    return any(piece.kind != "text" for piece in pieces(text))


def blanked(text: str) -> str:
    """Return a text of the same length with a space in place of each character of a tag."""
    return "".join(" " * len(one.written) if one.kind == "tag" else one.written for one in pieces(text))


def before_openers(text: str, end: int) -> int:
    """Return where the tags begin that open something right before a place of a text; else the place."""
    for piece in reversed(list(pieces(text[:end]))):
        if piece.kind != "tag" or _CLOSER.match(piece.written):
            break
        end = piece.start
    return end


def _piece(match: re.Match[str]) -> Piece:
    written = match[0]
    if match["tag"]:
        return Piece("tag", written, "", match.start())
    if match["note"]:
        return Piece("note", written, written, match.start())
    shown_as = unescape(written) if match["entity"] else " "
    # What only looks like an entity is text.
    return Piece("text" if shown_as == written else "entity", written, shown_as, match.start())
