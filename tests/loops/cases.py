"""Honest texts of repeats, and loops of a decoder: the same ones at every run."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from edge_runtime.arrays import Seconds
from tests.loops.planted import Loop, PlantedModel, spelling
from tests.support.token_rates import parallel_texts

SPEEDS: Final = (3.5, 7.5)
"""Syllables a second: everyday speech, and the fastest of the held-out clips."""

_PHRASES: Final = (
    *(
        " five,",
        " 5",
        " 1,",
        " no",
        " yes.",
        " ha",
        " very",
        " Open the door.",
        " I think.",
        " one two three",
    ),
    *(" row, row, row your boat", " Stop it!", " nine one one", " la", " thank you", " hear, hear", " ok,"),
    *(" and so on and so on", " We will be back soon.", "对", "对，", "哈", "好的。", "五", "谢谢，"),
    *("一二三，", "不是，", "往左，往右，", "你好吗？", "加油！"),
)
_MARKS: Final = (".", ",", " .", " …", "。", " -", "!", "、", " ,.", " ♪")


@dataclass(frozen=True, slots=True)
class LoopCase:
    """A loop in the middle of a real text.

    Attributes:
        kind: of the loop.
        words: what is said.
        model: hears it.
        period: tokens of a round, None where rounds differ.
        start: tokens before the loop.
        place: where in the text it begins, from 0 to 1.
        recovers: shorter pieces are decoded well.
    """

    kind: str
    words: tuple[str, ...]
    model: PlantedModel
    period: int | None
    start: int
    place: float
    recovers: bool


def honest_texts(every: int = 1) -> Iterator[PlantedModel]:
    """Yield 200 recordings of somebody who repeats himself, alone or within other words.

    Args:
        every: 1 for all, 10 for each tenth.
    """
    return map(_honest, range(0, 200, every))


def loops(every: int = 1) -> Iterator[LoopCase]:
    """Yield 300 loops: periods 1 to 20, one changing token, text between repeats, Chinese, punctuation."""
    return map(_loop, range(0, 300, every))


def _honest(number: int) -> PlantedModel:
    random = Random(number)
    phrase = split_words(_PHRASES[number % len(_PHRASES)])
    repeats = random.choice((4, 5, 8, 12, 20, 30, 50))
    around = _sentence(random) if random.random() < 0.5 else ()
    return PlantedModel((*around, *phrase * repeats, *around), SPEEDS[number % 2])


def _loop(number: int) -> LoopCase:
    random = Random(number)
    period = number % 20 + 1
    if number < 160:
        return _case("period", _exact(random, period, "English"), random, period=period)
    if number < 200:
        rounds = _exact(random, period, "Chinese")
        return _case("chinese", rounds, random, period=period, language="Chinese")
    if number < 240:
        return _case("changing", _changing(random), random)
    if number < 270:
        return _case("between", _between(random), random)
    mark = spelling().encode(_MARKS[number % len(_MARKS)])
    return _case("marks", itertools.repeat(mark), random, period=len(mark))


def split_words(text: str) -> tuple[str, ...]:
    """Split a text before its spaces and Chinese characters; joined again it is the same."""
    return tuple(re.findall(r"[\u4e00-\u9fff][^\s\u4e00-\u9fff]*|\s*[^\s\u4e00-\u9fff]+", text))


def _sentence(random: Random, language: str = "English") -> tuple[str, ...]:
    space = " " if language == "English" else ""
    return tuple(
        word for text in random.sample(parallel_texts()[language], 2) for word in split_words(space + text)
    )


def _case(
    kind: str,
    rounds: Iterator[tuple[int, ...]],
    random: Random,
    period: int | None = None,
    language: str = "English",
) -> LoopCase:
    words = _sentence(random, language) + _sentence(random, language)
    word = random.randrange(1, len(words) - 1)
    total_s: Seconds = PlantedModel(words, SPEEDS[0]).audio.duration_s
    longest_s = random.choice((0.0, 0.3, 0.6)) * total_s
    model = PlantedModel(words, SPEEDS[0], Loop(word, rounds, longest_s))
    start = 3 + sum(len(spelling().encode(each)) for each in words[:word])
    return LoopCase(kind, words, model, period, start, word / len(words), longest_s > 0)


def _exact(random: Random, period: int, language: str) -> Iterator[tuple[int, ...]]:
    text = "".join(_sentence(random, language) + _sentence(random, language))
    token_ids = spelling().encode(text)
    at = random.randrange(len(token_ids) - period)
    return itertools.repeat(token_ids[at : at + period])


def _changing(random: Random) -> Iterator[tuple[int, ...]]:
    phrase = "".join(_sentence(random)[: random.randrange(1, 8)])
    return (spelling().encode(f"{phrase} {number},") for number in itertools.count(1))


def _between(random: Random) -> Iterator[tuple[int, ...]]:
    phrase, words = "".join(_sentence(random)[:4]), _sentence(random)
    while True:
        yield spelling().encode(phrase + "".join(random.sample(words, random.randrange(1, 6))))
