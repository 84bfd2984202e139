"""The live view on a terminal: stable text stays, the draft alone is written again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.cli.live.screen import Screen, Size
from tests.support.terminal import Terminal


def shown_on(terminal: Terminal, *, color: bool = False) -> Screen:
    return Screen(lambda: Size(terminal.columns, terminal.rows), color=color)


def test_the_draft_is_replaced_and_stable_text_is_not_written_twice() -> None:
    terminal = Terminal(columns=40)
    screen = shown_on(terminal)
    for stable, draft in [("", "Turn of"), ("Turn off", " the lamb"), (" the", " lamp")]:
        terminal.write(screen.show(stable, draft))
    assert terminal.text == "Turn off the lamp"
    terminal.write(screen.finish("Turn off the lamp."))
    assert terminal.text == "Turn off the lamp."
    assert sum("Turn" in one for one in terminal.written) == 2, "as a draft, and when it became stable"


def test_rows_are_broken_at_spaces_and_wide_characters() -> None:
    terminal = Terminal(columns=11)
    screen = shown_on(terminal)
    terminal.write(screen.show("one two", " three four"))
    assert terminal.text == "one two\nthree four"
    terminal.write(screen.finish("one two 三四五六七八"))
    assert terminal.text == "one two 三\n四五六七八"


def test_a_final_that_corrects_stable_text_takes_its_place() -> None:
    terminal = Terminal(columns=11)
    terminal.write("before\n")
    screen = shown_on(terminal)
    terminal.write(screen.show("one two three", " four"))
    terminal.write(screen.finish("only this"))
    terminal.write(screen.show("next", ""))
    assert terminal.text == "before\nonly this\nnext"


def test_a_stable_text_that_has_scrolled_away_is_followed_by_its_correction() -> None:
    terminal = Terminal(columns=11, rows=3)
    screen = shown_on(terminal)
    terminal.write(screen.show(" ".join(["word"] * 12), ""))
    terminal.write(screen.finish("corrected"))
    assert terminal.text.splitlines()[-2:] == ["word word", "corrected"]


def test_a_final_without_text_leaves_no_row() -> None:
    terminal = Terminal()
    screen = shown_on(terminal)
    terminal.write(screen.show("", "hm"))
    terminal.write(screen.finish(""))
    terminal.write(screen.show("", "next"))
    assert terminal.text == "next"


def test_a_long_draft_is_cut_to_the_terminal() -> None:
    terminal = Terminal(columns=11, rows=3)
    screen = shown_on(terminal)
    terminal.write(screen.show("", " ".join(["word"] * 12)))
    assert terminal.text == "word word\nword word…"


@pytest.mark.parametrize("columns", [7, 9, 40])
def test_the_draft_is_taken_away_whole_after_the_terminal_was_resized(columns: int) -> None:
    terminal = Terminal(columns=16, rows=30)
    screen = shown_on(terminal)
    terminal.write(screen.show("eins zwei drei vier", " fuenf sechs sieben acht"))
    terminal.resize(columns)
    terminal.write(screen.hide())
    assert terminal.text.replace("\n", "").replace(" ", "") == "einszweidreivier"


def test_only_the_draft_is_dim() -> None:
    terminal = Terminal(columns=40)
    screen = shown_on(terminal, color=True)
    assert screen.show("stable", " draft") == "stable\033[2m draft\033[0m"


@given(
    st.lists(
        st.tuples(st.sampled_from(["", " a", " längeres", "字", " x。"]), st.text("ab 漢", max_size=30))
    ),
    st.integers(4, 30),
)
def test_whatever_was_shown_the_final_is_what_stays(steps: list[tuple[str, str]], columns: int) -> None:
    terminal = Terminal(columns=columns, rows=99)
    screen = shown_on(terminal)
    for stable, draft in steps:
        terminal.write(screen.show(stable, draft))
    final = "".join(stable for stable, _ in steps) + " end"
    terminal.write(screen.finish(final))
    assert terminal.text.replace("\n", "").replace(" ", "") == final.replace(" ", "")
