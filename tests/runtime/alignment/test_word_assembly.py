"""Words: the text as written, with times and honest flags."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edge_runtime.alignment.times import UnitTime
from edge_runtime.alignment.word_assembly import assemble_words
from edge_runtime.results.document import Document
from edge_runtime.results.words import Flag, Word
from edge_runtime.text.spoken import Script
from edge_runtime.text.units import Unit, split_units
from edge_runtime.vad.energy import Span

SNIPPETS = [
    " ",
    "  ",
    "\n",
    "\u3000",
    ", ",
    "。",
    "«",
    "» ",
    "(",
    ")",
    '"',
    "¿",
    "-",
    "a",
    "b'c",
    "漢",
    "字",
    "é",
    "e\u0301",
    "😀",
    "3.1",
]
mixed = st.lists(st.one_of(st.sampled_from(SNIPPETS), st.characters(exclude_categories=["Cs"]))).map("".join)


def steps(units: tuple[Unit, ...]) -> list[UnitTime]:
    return [UnitTime(80 * index, 80 * index + 80) for index in range(len(units))]


def restored(text: str, language: str = "English") -> tuple[Word, ...]:
    units = split_units(text, language)
    return assemble_words(text, units, steps(units))


def joined(words: tuple[Word, ...]) -> str:
    return "".join(word.text + " " * word.space_after for word in words)


def flags_of(times: list[UnitTime], speech: list[Span] | None = None) -> list[tuple[Flag, ...]]:
    text = " ".join("a" * len(times))
    return [word.flags for word in assemble_words(text, split_units(text, None), times, speech=speech)]


@given(text=mixed, language=st.sampled_from(["English", "Chinese", "Korean"]))
def test_joining_the_words_gives_the_text(text: str, language: str) -> None:
    words = restored(text, language)
    assume(words)
    assert joined(words) == text.strip()


@given(text=mixed)
def test_joining_japanese_words_gives_the_text(text: str) -> None:
    pytest.importorskip("nagisa")
    words = restored(text, "Japanese")
    assume(words)
    assert joined(words) == text.strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, world!", ["Hello,", "world!"]),
        ("  “Oh,” he said (twice).\n", ["“Oh,”", "he", "said", "(twice)."]),
        ("Il dit « oui » à 3,5 km.", ["Il", "dit", "« oui »", "à", "3,5", "km."]),
        ("¡Hola! ¿Qué tal?", ["¡Hola!", "¿Qué", "tal?"]),
        ("wait - what", ["wait -", "what"]),
        ('say "yes" now', ["say", '"yes"', "now"]),
        ("你好，“世界”。ok", ["你", "好，", "“世", "界”。", "ok"]),
        ("«(", []),
    ],
)
def test_punctuation_goes_where_a_reader_puts_it(text: str, expected: list[str]) -> None:
    assert [word.text for word in restored(text)] == expected


def test_only_a_space_is_a_space() -> None:
    assert [(word.text, word.space_after) for word in restored("a b\nc  d你")] == [
        ("a", True), ("b\n", False), ("c ", True), ("d", False), ("你", False),
    ]  # fmt: skip


def test_times_are_seconds_and_confidence_is_kept() -> None:
    (word,) = assemble_words("Yes.", (Unit("Yes", 0, 3),), [UnitTime(80, 1_241, 0.25)])
    assert word == Word("Yes.", 0.08, 1.241, 0.25, (), space_after=False)


def test_words_within_one_character_become_one() -> None:
    units = (Unit("株式", 0, 1), Unit("会社", 1, 1), Unit("です", 1, 3))
    times = [UnitTime(0, 400, 0.9), UnitTime(400, 400, 0.4), UnitTime(400, 800, None)]
    assert assemble_words("㍿です。", units, times) == (
        Word("㍿", 0.0, 0.4, 0.4, (), space_after=False),
        Word("です。", 0.4, 0.8, None, (), space_after=False),
    )


def test_flags_say_why_a_time_may_be_doubted() -> None:
    assert flags_of([UnitTime(0, 80), UnitTime(80, 80), UnitTime(80, 240)]) == [(), ("zero_length",), ()]
    assert flags_of([UnitTime(0, 0), UnitTime(0, 0), UnitTime(0, 240)]) == [
        ("zero_length", "plateau"), ("zero_length", "plateau"), ("plateau",),
    ]  # fmt: skip
    assert flags_of([UnitTime(0, 80, None, repaired=True)]) == [("repaired",)]


def test_words_where_nobody_speaks() -> None:
    times = [
        UnitTime(0, 80),
        UnitTime(80, 2_000),
        UnitTime(1_500, 3_000),
        UnitTime(3_000, 3_000),
        UnitTime(4_000, 4_000),
    ]
    speech = [Span(1.8, 3.5)]
    assert flags_of(times, speech) == [
        ("outside_speech",), ("outside_speech",), (), ("zero_length",), ("zero_length", "outside_speech"),
    ]  # fmt: skip
    assert flags_of(times, None)[0] == ()


def test_one_time_per_unit_or_an_error() -> None:
    with pytest.raises(ValueError, match="zip"):
        assemble_words("a b", split_units("a b", None), [UnitTime(0, 80)])


@pytest.mark.parametrize(
    ("text", "language", "sentences"),
    [
        ("- Hello there. - Hi, how are you?", "English", ["- Hello there.", "- Hi, how are you?"]),
        ("— Bonjour Marie. — Salut Paul.", "French", ["— Bonjour Marie.", "— Salut Paul."]),
        (">> Good evening >> Good night.", "English", [">> Good evening", ">> Good night."]),
        ("♪ la la ♪ ♪ lo lo ♪", "English", ["♪ la la ♪", "♪ lo lo ♪"]),
        ("• one thing • another", "English", ["• one thing", "• another"]),
        ("He went — slowly — home.", "English", ["He went — slowly — home."]),
    ],
)
def test_marks_of_turns_belong_to_what_they_open(text: str, language: str, sentences: list[str]) -> None:
    units = split_units(text, language)
    words = assemble_words(text, units, [UnitTime(300 * at, 300 * at + 300) for at in range(len(units))])
    document = Document.from_words(words, language=language, duration_s=9.0)
    assert [segment.text for segment in document.segments] == sentences


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        (
            '<i>Dim the</i> <font color="red">lamp</font>.',
            "English",
            ["<i>Dim", "the</i>", '<font color="red">lamp</font>.'],
        ),
        ("<i>- Hello there.</i> <i>- Hi.</i>", "English", ["<i>- Hello", "there.</i>", "<i>- Hi.</i>"]),
        ("{\\i1}One.{\\i0} <b>ANN: two</b>", "English", ["{\\i1}One.{\\i0}", "<b>ANN: two</b>"]),
        ("今<i>天</i>好", "Chinese", ["今", "<i>天</i>", "好"]),
    ],
)
def test_tags_are_whole_and_stand_at_the_word_that_they_open_or_close(
    text: str, language: str, expected: list[str]
) -> None:
    script = Script.of(text)
    units = script.units_in_text(split_units(script.spoken, language))
    assert [word.text for word in assemble_words(script.text, units, steps(units))] == expected
