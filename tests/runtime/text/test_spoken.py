"""What of a text is spoken."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge_runtime.text.spoken import Script
from edge_runtime.text.units import split_units


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("[applause] Dim the lamp (laughs) in the bedroom.", "Dim the lamp in the bedroom."),
        ("<i>Dim the</i> <font color='red'>re</font>d lamp", "Dim the red lamp"),
        ("{\\an8}Dim{\\i1} it", "Dim it"),
        ("<v Ann>Hello <00:00:01.000>there<br>you", "Hello there you"),
        ("Tom &amp; caf&eacute; 10&nbsp;000", "Tom & café 10 000"),
        ("NARRATOR: Dim it.", "Dim it."),
        ("DR. NO'S MAN 2: Never.", "Never."),
        ("Stop. OLD MAN: Never.", "Stop. Never."),
        (">> ALICE: Good evening. >> Bob: Hello", "Good evening. Hello"),
        ("- ANN: Yes.\n- TOM: No.", "Yes. No."),
        ("(door slams) Who is there?\n(sighs)", "Who is there?"),
        ("♪ (soft music) ♪", "♪ ♪"),
        ("你好（笑）世界【音乐】", "你好 世界"),
    ],
)
def test_what_nobody_says_is_left_out(text: str, spoken: str) -> None:
    assert Script.of(text).spoken == spoken


@pytest.mark.parametrize(
    "text",
    [
        "The price (about five dollars) is fair.",
        "He left. (He never came back.)",
        "He left. (He never came back).",
        "Call (555) 123, step (a) first.",
        "Remember: dim it at 12:30, a < b, AT&T; it",
        "He said: no. Then: yes.",
    ],
)
def test_what_is_said_in_brackets_and_before_colons_stays(text: str) -> None:
    assert Script.of(text).spoken == text


@given(st.text())
def test_all_of_a_text_is_spoken_where_that_is_requested(text: str) -> None:
    assert Script.of(text, all_spoken=True).spoken == " ".join(text.split())


@example("&a;")
@given(
    st.lists(st.sampled_from([*"ab \n\u00a0\u3000()[]<>:&;漢", "<i>", "&eacute;", "ANN: ", "(laughs)"])).map(
        "".join
    )
)
def test_each_character_that_is_spoken_has_its_place_in_the_text(text: str) -> None:
    script = Script.of(text)
    for char, (start, end) in zip(script.spoken, script.spans, strict=True):
        written = script.text[start:end]
        assert written in (char, "&eacute;") or char == " "
    assert list(script.spans) == sorted(script.spans)


def test_units_stand_where_their_letters_are_written() -> None:
    script = Script.of("10\u00a0000  <b>caf</b>&eacute;\n[music]s")
    units = script.units_in_text(split_units(script.spoken, "French"))
    assert script.text == "10\u00a0000 <b>caf</b>&eacute; [music]s"
    assert [(unit.text, script.text[unit.start : unit.end]) for unit in units] == [
        ("10", "10"), ("000", "000"), ("café", "caf</b>&eacute;"), ("s", "s"),
    ]  # fmt: skip
