"""Sentences of the closed domain: sampling, and the train / held-out split by hash."""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from edge_mini import grammar_en, grammar_zh

Language = Literal["English", "Chinese"]
Split = Literal["train", "heldout"]

_SLOT = re.compile(r"\{(\w+)\}")
_HELDOUT_ONE_IN = 16


@dataclass(frozen=True, slots=True)
class Grammar:
    """Weighted sentence templates and the fillers of their slots."""

    slots: Mapping[str, tuple[str, ...]]
    templates: Mapping[str, int]
    short_templates: Mapping[str, int]

    def expand(self, rng: random.Random, *, short: bool) -> str:
        """Draw one template and fill every slot independently."""
        templates = self.short_templates if short else self.templates
        template = rng.choices(list(templates), weights=list(templates.values()))[0]
        return _SLOT.sub(lambda slot: rng.choice(self.slots[slot.group(1)]), template)

    def words(self) -> list[str]:
        """All slot fillers that may serve as context words, sorted."""
        skipped = {"please", "tail", "onoff", "updown", "bright", "loud"}
        return sorted({word for slot, words in self.slots.items() if slot not in skipped for word in words})


GRAMMARS: Mapping[Language, Grammar] = {
    "English": Grammar(grammar_en.SLOTS, grammar_en.TEMPLATES, grammar_en.SHORT_TEMPLATES),
    "Chinese": Grammar(grammar_zh.SLOTS, grammar_zh.TEMPLATES, grammar_zh.SHORT_TEMPLATES),
}


_VOCABULARY = frozenset(
    word.lower() for grammar in GRAMMARS.values() for words in grammar.slots.values() for word in words
)


def split_of(text: str) -> Split:
    """Assign a sentence to its split; a hash keeps the two disjoint whatever the seeds are.

    A lone slot filler (``No.``, ``开始。``) is vocabulary, to be taught rather than held out.
    """
    if text.rstrip(".?。？").lower() in _VOCABULARY:
        return "train"
    digest = hashlib.sha256(text.encode()).digest()
    return "heldout" if int.from_bytes(digest[:4], "big") % _HELDOUT_ONE_IN == 0 else "train"


def sample_sentence(rng: random.Random, language: Language, split: Split, *, short: bool = False) -> str:
    """Draw one written sentence of a split, e.g. ``Turn on the lamp.`` or ``打开客厅的灯。``."""
    while True:
        text = GRAMMARS[language].expand(rng, short=short)
        text = text[0].upper() + text[1:]
        if split_of(text) == split:
            return text


def join_sentences(sentences: tuple[str, ...], language: Language) -> str:
    """Write the sentences of one clip as one transcript."""
    return (" " if language == "English" else "").join(sentences)


def join_texts(texts: Sequence[str]) -> str:
    """Write the transcripts of a window as one: a space only where both sides are written with spaces."""
    joined = ""
    for text in texts:
        spaced = joined[-1:].isascii() and text[:1].isascii()
        joined += (" " if joined and text and spaced else "") + text
    return joined
