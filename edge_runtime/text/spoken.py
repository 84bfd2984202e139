r"""What of a text is spoken: not markup, sounds in brackets and names of speakers.

| written | spoken |
|---|---|
| `<i>`, `<v Ann>`, `{\an8}` and other tags, notes in braces | no; they separate nothing |
| `&eacute;`, `&nbsp;` and other HTML entities | what they stand for |
| `[music]`, `【笑】` | no |
| `(laughs)`, `（笑）` | no, if it names a known sound, or opens a line or sentence and is none itself |
| `NARRATOR:` | no: capitals and a colon at the start of a line or sentence |
| `>> Ann:`, `- ANN:` | no |
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from edge_runtime.text.markup.pieces import has_markup, pieces
from edge_runtime.text.units import Unit

_PLAIN_SPACE: Final = re.compile(r"[ \t\x1f]+")
"""White space within a line that looks like a space."""
_BRACKETS: Final = re.compile(r"\[[^\[\]]*\]|【[^【】]*】|［[^［］]*］")
_PARENTHESES: Final = re.compile(r"\(([^()]*)\)|（([^（）]*)）")
_LABEL: Final = re.compile(
    r"(?:^|(?<=[.!?…\"”\])]\s)|(?<=\s)(?=>>))(?P<mark>(?:[-–—]|>{2,})?\s*)(?P<name>(?:(?:DR|MR|MRS|MS|ST)\.\s)?[^\W\d_][^:：\n<>.!?]{0,40})[:：](?=\s|$)",
    re.MULTILINE,
)
_SENTENCE_END: Final = re.compile(r"[.!?…。！？]\s*$")
_OPENS: Final = re.compile(r"(?:^|\n|[.!?…。！？:：>-])\s*$")
_SOUNDS: Final = re.compile(
    r"(?i:\b(?:laugh\w*|chuckl\w*|giggl\w*|applau\w*|clap\w*|cheer\w*|music|sigh\w*|cough\w*|gasp\w*|sob\w*"
    r"|inaudible|unintelligible|crosstalk|silence|pause|lachen|lacht|gelächter|applaus|musik|seufzt|rires?"
    r"|applaudissements|musique|soupir|risas?|aplausos|música|risate|applausi|musica|risos)\b"
    r"|смех|аплодисменты|музыка|笑|掌声|音乐|音樂|鼓掌|拍手|音楽|웃음|박수|음악)"
)
_GOES_ON: Final = re.compile(r"[.,;:!?…。，；：！？]")
_MAX_NAME_WORDS: Final = 4
_MAX_SOUND_WORDS: Final = 5
_MIN_LETTERS: Final = 2


class _Char(NamedTuple):
    char: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Script:
    """A text and what of it is spoken.

    Attributes:
        text: as written; each run of spaces, tabs and line breaks is one space, other white space stays.
        spoken: what the aligner reads, with single spaces.
        spans: for each character of `spoken`, start and end in `text` of what it stands for.
        has_markup: whether tags or entities in `text` are markup and not literal.
    """

    text: str
    spoken: str
    spans: tuple[tuple[int, int], ...]
    has_markup: bool = False

    @classmethod
    def of(cls, text: str, *, all_spoken: bool = False) -> Script:
        """Read a text; with `all_spoken` every letter of it is spoken, tags and brackets included."""
        lines = (_PLAIN_SPACE.sub(" ", line).strip() for line in text.splitlines())
        tidied = "\n".join(filter(None, lines))
        chars = [_Char(char, at, at + 1) for at, char in enumerate(tidied)]
        spoken = _single_spaced(chars if all_spoken else _without_unspoken(list(_without_markup(tidied))))
        spans = tuple((one.start, one.end) for one in spoken)
        is_markup = not all_spoken and has_markup(tidied)
        return cls(tidied.replace("\n", " "), "".join(one.char for one in spoken), spans, is_markup)

    @classmethod
    def verbatim(cls, text: str) -> Script:
        """Take a text as it is, white space included."""
        return cls(text, text, tuple((at, at + 1) for at in range(len(text))))

    def units_in_text(self, units: Sequence[Unit]) -> tuple[Unit, ...]:
        """Return units of `spoken` with their offsets in `text`."""
        return tuple(Unit(unit.text, *self._place(unit)) for unit in units)

    def _place(self, unit: Unit) -> tuple[int, int]:
        end = self.spans[unit.end - 1][1]
        return (self.spans[unit.start][0] if unit.start < unit.end else end), end


def _without_markup(text: str) -> Iterator[_Char]:
    """Yield what is shown of a text: no tags, and characters in place of entities."""
    for piece in pieces(text):
        if piece.kind == "text":
            yield from (_Char(char, at, at + 1) for at, char in enumerate(piece.written, piece.start))
        elif piece.kind == "entity":
            end = piece.start + len(piece.written)
            yield from (_Char(char, piece.start, end) for char in piece.shown)


def _without_unspoken(chars: Sequence[_Char]) -> list[_Char]:
    """Put a space in place of sounds and names."""
    text = "".join(one.char for one in chars)
    unspoken = {at for start, end in _unspoken(text) for at in range(start, end)}
    return [one._replace(char=" ") if at in unspoken else one for at, one in enumerate(chars)]


def _unspoken(text: str) -> Iterator[tuple[int, int]]:
    yield from (match.span() for match in _BRACKETS.finditer(text))
    for match in _PARENTHESES.finditer(text):
        if _is_sound(match[1] or match[2] or "", text[: match.start()], text[match.end() :]):
            yield match.span()
    for match in _LABEL.finditer(text):
        if match["mark"].startswith(">>") or _is_capitals(match["name"]):
            yield match.span()


def _is_sound(content: str, before: str, after: str) -> bool:
    """Tell whether parentheses hold what is heard and not said; `before` and `after` surround them."""
    if len(content.split()) > _MAX_SOUND_WORDS:
        return False
    if _SOUNDS.search(content):
        return True
    is_sentence = _SENTENCE_END.search(content) or _GOES_ON.match(after)
    is_named = sum(map(str.isalpha, content)) >= _MIN_LETTERS and not any(map(str.isdigit, content))
    return is_named and not is_sentence and _OPENS.search(before) is not None


def _is_capitals(name: str) -> bool:
    letters = sum(map(str.isalpha, name))
    return name.isupper() and letters >= _MIN_LETTERS and len(name.split()) <= _MAX_NAME_WORDS


def _single_spaced(chars: Sequence[_Char]) -> list[_Char]:
    """Return the characters with one space for each run of white space, and none at the ends."""
    spaced: list[_Char] = []
    for one in chars:
        if not one.char.isspace():
            spaced.append(one)
        elif spaced and spaced[-1].char != " ":
            spaced.append(one._replace(char=" "))
    return spaced[:-1] if spaced and spaced[-1].char == " " else spaced
