"""Events on a terminal: only what has text is shown, and nothing in it moves the cursor."""

from __future__ import annotations

import os
import sys

import pytest

from edge_runtime.cli.live.screen import Size
from edge_runtime.cli.live.view import LiveView, view_beside_results, view_of_results
from edge_runtime.streaming.events import Final, Partial, SpeechStart
from tests.support.terminal import Terminal


def partial_of(stable: str, draft: str) -> Partial:
    return Partial(stable_added=stable, draft=draft, audio_s=1.0, lag_ms=0.0)


def final_of(text: str) -> Final:
    return Final(
        text=text,
        language="English",
        start=0.0,
        end=1.0,
        confidence=1.0,
        status="ok",
        corrected=0,
        lag_ms=0.0,
    )


@pytest.fixture
def terminal() -> Terminal:
    return Terminal(columns=40)


@pytest.fixture
def view(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> LiveView:
    monkeypatch.setenv("NO_COLOR", "1")
    return LiveView(terminal.write, lambda: Size(terminal.columns, terminal.rows))


def test_a_draft_is_shown_taken_away_and_drawn_again(view: LiveView, terminal: Terminal) -> None:
    view.take(SpeechStart(start=0.0, audio_s=0.3))
    assert not view.drawn
    view.take(partial_of("Turn", " off"))
    assert (view.drawn, terminal.text) == (True, "Turn off")
    view.clear()
    assert not view.drawn
    view.draw()
    assert (view.drawn, terminal.text) == (True, "Turn off")
    view.take(final_of("Turn on."))
    assert (view.drawn, terminal.text) == (False, "Turn on.")


def test_a_text_cannot_move_the_cursor(view: LiveView, terminal: Terminal) -> None:
    view.take(final_of("Turn\x1b[2J on."))
    assert "\x1b[2J" not in "".join(terminal.written)


def test_where_nobody_looks_there_is_no_view() -> None:
    assert (view_of_results(), view_beside_results()) == (None, None)


@pytest.mark.parametrize(("term", "has_view"), [("xterm", True), ("dumb", False)])
def test_a_person_whose_results_go_elsewhere_looks_at_stderr(
    term: str, has_view: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader, follower = os.openpty()
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("NO_COLOR", "1")
    with os.fdopen(follower, "w", encoding="utf-8") as stderr, monkeypatch.context() as replaced:
        replaced.setattr(sys, "stderr", stderr)
        view = view_beside_results()
        if view is not None:
            view.take(partial_of("Turn", " off"))
            assert "Turn off" in os.read(leader, 1000).decode()
    os.close(leader)
    assert (view is not None) == has_view
