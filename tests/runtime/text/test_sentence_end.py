"""Where sentences end, in ten languages: each case is a text and its sentences."""

from __future__ import annotations

import pytest

from edge_runtime.text.sentences.sentence_end import ends_sentence_before, opens_turn

# Spoken with 0.05 s between words and 0.3 s between sentences; docs/adr/0016-captions.md compares splitters.
CASES = [
    ("English", "Mr. Smith met Dr. Jones at 5 p.m. in St. Louis. | They left."),
    ("English", "This is one. | This is two. | This is three."),
    ("English", '"Why me?" he asked. | "Stop!" she cried, and left.'),
    ("English", "He came at 5 p.m. | The others were late."),
    ("English", "The U.S. Army came. | We won."),
    ("English", "It is 3.5 percent, e.g. for milk. | Good."),
    ("English", "Wait... what? | I see."),
    ("English", "-\u00a0Hello there. | -\u00a0Hi, how are you? | -\u00a0Fine."),
    ("English", ">>\u00a0Good evening | >>\u00a0Good evening to you."),
    ("English", "♪\u00a0Dim the lamp\u00a0♪ | In the bedroom\u00a0♪"),
    ("English", "J. R. Tolkien wrote it. | No. 5 is alive."),
    ("English", "I said no. | Then I left."),
    ("German", "Das ist z. B. Dr. Müller. | Er kommt am 3. Mai."),
    ("German", "Das kostet ca. 5 Euro usw. und mehr. | Gut."),
    ("German", '„Warum?" fragte er. | Dann ging er.'),
    ("French", "M. Dupont est là. | Mme. Martin aussi."),
    ("French", "—\u00a0Bonjour Marie. | —\u00a0Salut Paul."),
    ("Spanish", "El Sr. García y la Sra. López llegaron. | ¿Qué hora es? | Son las 3 p. m. en Madrid."),
    ("Italian", "Il dott. Rossi e la sig.ra Bianchi parlano. | Va bene."),
    ("Portuguese", "O Sr. Silva chegou. | A Dra. Ana também."),
    ("Russian", "Это г. Москва, ул. Ленина. | Он живёт там с 1990 г. и рад."),
    ("Korean", "안녕하세요. | 반갑습니다. | 저는 학생입니다."),
    ("Chinese", "你 好。 | 我 很 好！ | 你 呢？"),
    ("Chinese", "“为 什 么？” 他 问。 | 她 走 了。"),
]


@pytest.mark.parametrize(("language", "text"), CASES)
def test_sentences_end_where_they_do(language: str, text: str) -> None:
    words = [word for word in text.split(" ") if word != "|"]
    expected = [sentence.strip() for sentence in text.split("|")]
    pauses = _pauses(text)
    sentences = [words[0]]
    for left, right, pause_s in zip(words, words[1:], pauses, strict=False):
        if ends_sentence_before(left, right, pause_s, language):
            sentences.append(right)
        else:
            sentences[-1] += " " + right
    assert sentences == expected


def _pauses(text: str) -> list[float]:
    parts = text.split(" ")
    after = [*parts[1:], ""]
    return [0.3 if mark == "|" else 0.05 for part, mark in zip(parts, after, strict=True) if part != "|"]


def test_a_long_pause_ends_a_sentence_in_lower_case() -> None:
    assert ends_sentence_before("done.", "and then", 1.2)
    assert not ends_sentence_before("done", "And then", 9.0)


@pytest.mark.parametrize(
    ("text", "before", "expected"),
    [
        ("- Hi", "there.", True),
        ("- Hi", "", True),
        ("— no", "maybe", False),
        ("♪ la", "la", True),
        ("-5", "at", False),
    ],
)
def test_marks_open_turns(text: str, before: str, expected: bool) -> None:  # noqa: FBT001
    assert opens_turn(text, before) is expected
