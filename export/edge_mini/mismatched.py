"""Texts that are not what is spoken, of twelve kinds."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from edge_mini.sentences import join_texts
from edge_mini.spoken import Spoken

Edit = Callable[[list[str], list[str], random.Random], list[str]]


def _intro_left_out(said: list[str], _other: list[str], _draws: random.Random) -> list[str]:
    return said[2:]


def _middle_left_out(said: list[str], _other: list[str], draws: random.Random) -> list[str]:
    at = draws.randrange(1, len(said) - 1)
    return said[:at] + said[at + 1 :]


def _outro_left_out(said: list[str], _other: list[str], _draws: random.Random) -> list[str]:
    return said[:-2]


def _sentence_added(said: list[str], other: list[str], draws: random.Random) -> list[str]:
    at = draws.randrange(1, len(said))
    return [*said[:at], draws.choice(other), *said[at:]]


def _third_of_text(said: list[str], _other: list[str], _draws: random.Random) -> list[str]:
    return said[: max(1, len(said) // 3)]


def _text_threefold(said: list[str], other: list[str], draws: random.Random) -> list[str]:
    return said + [draws.choice(other) for _ in range(2 * len(said))]


def _one_word(said: list[str], _other: list[str], _draws: random.Random) -> list[str]:
    first = said[0].split()[0] if said[0].isascii() else said[0][0]
    return [f"{first.strip('.?!')}."] * 30


def _reordered(said: list[str], _other: list[str], _draws: random.Random) -> list[str]:
    half = len(said) // 2
    return said[half:] + said[:half]


def _theirs(_said: list[str], other: list[str], _draws: random.Random) -> list[str]:
    return other


def _same(said: list[str], _other: list[str], _draws: random.Random) -> list[str]:
    return said


WRONG: Mapping[str, Edit] = {
    "other_recording": _theirs,
    "other_language": _theirs,
    "intro_left_out": _intro_left_out,
    "middle_left_out": _middle_left_out,
    "outro_left_out": _outro_left_out,
    "third_of_text": _third_of_text,
    "sentence_added": _sentence_added,
    "text_threefold": _text_threefold,
    "one_word": _one_word,
    "reordered": _reordered,
    "music_in_front": _same,
    "nobody_speaks": _same,
}
"""Kind → what becomes of the sentences: those that are spoken, those of another recording, draws."""


def mismatched(kind: str, spoken: Spoken, other: Spoken, draws: random.Random) -> tuple[str, str]:
    """Return a text of a kind and its language."""
    text = join_texts(WRONG[kind](spoken.sentences, other.sentences, draws))
    return text, other.language if kind == "other_language" else spoken.language
