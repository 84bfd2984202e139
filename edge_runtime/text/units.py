"""Split a transcript into the units that the forced aligner times: words, or single ideographs.

A unit keeps letters, digits and apostrophes; everything else vanishes without splitting it (`well-known` is
one unit `wellknown`). Offsets into the transcript remember where each unit stood, so that nothing is lost.

Two upstreams split for this model and differ in corners; `reference` names the one to equal:

| | `qwen_asr` 0.0.6 | `transformers` 5 |
|---|---|---|
| U+2F800-U+2FA1F (compatibility ideographs) | letters of a word | one unit each |
| unassigned code points inside the ideograph blocks | dropped | one unit each |
| white space before a Japanese text | shown to the word segmenter | stripped first |
| Korean | stem by dictionary, then the rest | whole words: set `korean="eojeol"` |

Sources: `qwen_asr/inference/qwen3_forced_aligner.py`; transformers' `processing_qwen3_asr.py`; for Korean,
the published rule of soynlp's L-R tokenizer. Pinned by `tests/runtime/text/test_units.py` against both.
"""

from __future__ import annotations

import gzip
import importlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import groupby
from typing import Any, Final, Literal

from edge_runtime.errors import BackendUnavailableError

Korean = Literal["dictionary", "eojeol"]
"""How Korean words split: off the longest stem that the dictionary knows, or not at all."""

Reference = Literal["qwen_asr", "transformers"]
"""The upstream to equal where the two differ."""

_TOKEN: Final = re.compile(r"\S+")
_MIN_STEM_LENGTH: Final = 2


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing to be timed.

    Units stand in order and do not overlap. A Japanese character that stands for several words (`㍿`) belongs
    to the first of them; the others are empty spans behind it.

    Attributes:
        text: what the model reads, cleaned; for Japanese in compatibility normal form (NFKC).
        start: offset of its first character in the transcript.
        end: offset behind its last character.
    """

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Alphabet:
    """Which characters units keep, and which are units of their own."""

    ideographs: tuple[range, ...]
    keeps_unassigned: bool

    def is_ideograph(self, char: str) -> bool:
        return any(ord(char) in block for block in self.ideographs)

    def keeps(self, char: str) -> bool:
        if char == "'" or unicodedata.category(char)[0] in "LN":
            return True
        return self.keeps_unassigned and self.is_ideograph(char)


_IDEOGRAPHS: Final = (
    range(0x4E00, 0xA000),
    range(0x3400, 0x4DC0),
    range(0x20000, 0x2A6E0),
    range(0x2A700, 0x2CEB0),
    range(0xF900, 0xFB00),
)
_ALPHABETS: Final[dict[Reference, _Alphabet]] = {
    "qwen_asr": _Alphabet(_IDEOGRAPHS, keeps_unassigned=False),
    "transformers": _Alphabet((*_IDEOGRAPHS, range(0x2F800, 0x2FA20)), keeps_unassigned=True),
}


def split_units(
    text: str, language: str | None, *, korean: Korean = "dictionary", reference: Reference = "qwen_asr"
) -> tuple[Unit, ...]:
    """Split a transcript by the rule of its language.

    Args:
        text: any text; one without letters or digits has no units.
        language: "Japanese" or "ja" and "Korean" or "ko" have rules of their own; all others, None too, split
            at white space and around ideographs.
        korean: how Korean words split.
        reference: which upstream to equal where they differ.

    Raises:
        BackendUnavailableError: Japanese without `nagisa`.
    """
    alphabet = _ALPHABETS[reference]
    name = (language or "").lower()
    if name in ("japanese", "ja"):
        return tuple(_japanese_units(text, alphabet, strip=reference == "transformers"))
    if name in ("korean", "ko"):
        return tuple(_korean_units(text, alphabet, korean))
    return tuple(_spaced_units(text, alphabet))


def _spaced_units(text: str, alphabet: _Alphabet) -> Iterator[Unit]:
    for token in _TOKEN.finditer(text):
        indices = [at for at in range(*token.span()) if alphabet.keeps(text[at])]
        for _, run in groupby(indices, key=lambda at: at if alphabet.is_ideograph(text[at]) else None):
            yield _unit(text, list(run))


def _korean_units(text: str, alphabet: _Alphabet, korean: Korean) -> Iterator[Unit]:
    for token in _TOKEN.finditer(text):
        start, end = token.span()
        middle = start + (_stem_length(token[0]) if korean == "dictionary" else len(token[0]))
        for part in (range(start, middle), range(middle, end)):
            if indices := [at for at in part if alphabet.keeps(text[at])]:
                yield _unit(text, indices)


def _stem_length(token: str) -> int:
    """Return the length of the longest known stem, or of the whole token if it is short or has none."""
    words = korean_words()
    ends = range(len(token), _MIN_STEM_LENGTH - 1, -1)
    return next((end for end in ends if token[:end] in words), len(token))


@cache
def korean_words() -> frozenset[str]:
    """Read the Korean stems, once. Source: see `edge_runtime/data/README.md`."""
    packed = resources.files("edge_runtime").joinpath("data", "korean_words.txt.gz").read_bytes()
    return frozenset(gzip.decompress(packed).decode("utf-8").split())


def _japanese_units(text: str, alphabet: _Alphabet, *, strip: bool) -> Iterator[Unit]:
    first = len(text) - len(text.lstrip()) if strip else 0
    body = text[first:].rstrip()
    chars, spans = _normalize(body, first)
    words = _segment_japanese(body)
    assert sum(map(len, words)) == len(chars), "nagisa returned other characters than the normalised ones"
    at = free = 0
    for word in words:
        indices = [index for index, char in enumerate(word) if alphabet.keeps(char)]
        if indices:
            end = spans[at + indices[-1]][1]
            yield Unit("".join(word[index] for index in indices), max(free, spans[at + indices[0]][0]), end)
            free = end
        at += len(word)


def _segment_japanese(text: str) -> Sequence[str]:
    if not text:
        return ()
    try:
        nagisa: Any = importlib.import_module("nagisa")
    except ImportError as error:
        raise BackendUnavailableError(
            "Japanese text is split into words by nagisa, which is not installed. "
            "Install it with: pip install 'edge-asr[ja]'"
        ) from error
    words: list[str] = nagisa.wakati(text)
    return words


def _normalize(text: str, offset: int) -> tuple[str, list[tuple[int, int]]]:
    """Normalise as nagisa does (NFKC), and find where each resulting character comes from.

    Returns:
        The normalised characters, and for each the span of the original characters, `offset` added.
    """
    chars: list[str] = []
    spans: list[tuple[int, int]] = []
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or _stays_apart(text[start:end], text[end]):
            cluster = unicodedata.normalize("NFKC", text[start:end])
            chars.append(cluster)
            spans += [(offset + start, offset + end)] * len(cluster)
            start = end
    return "".join(chars), spans


def _stays_apart(before: str, char: str) -> bool:
    """Tell whether the two normalise independently: no accent, no Hangul jamo that joins the other."""
    decomposed = unicodedata.normalize("NFKD", char)
    if unicodedata.combining(decomposed[0]):
        return False
    composed = unicodedata.normalize("NFKC", before + char)
    return composed == unicodedata.normalize("NFKC", before) + unicodedata.normalize("NFKC", char)


def _unit(text: str, indices: Sequence[int]) -> Unit:
    return Unit("".join(text[at] for at in indices), indices[0], indices[-1] + 1)
