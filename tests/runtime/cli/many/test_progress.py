"""The line that says how far a run is, and how it shares the terminal with what is printed."""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path

import pytest

from edge_runtime.cli.inputs.recordings import Recording
from edge_runtime.cli.many.items import Item
from edge_runtime.cli.many.progress import Estimate, Progress
from edge_runtime.cli.process.status_line import fitting, status_line
from edge_runtime.cli.terminal import emit, say


class Terminal(io.StringIO):
    """A stream that a person looks at."""

    def isatty(self) -> bool:
        return True


def test_what_is_left_follows_from_the_bytes_of_each_kind() -> None:
    estimate = Estimate()
    for name, size in [("a.wav", 100), ("b.WAV", 300), ("c.mp3", 10), ("d.mp3", 20), ("e.ogg", 22)]:
        estimate.expect(name, size)
    assert estimate.audio_left_s() is None
    estimate.finish("a.wav", 100, 1.0)
    estimate.finish("c.mp3", 10, 1.0)
    assert estimate.audio_left_s() == pytest.approx(3.0 + 2.0 + 22 * 2 / 110)
    estimate.finish("e.ogg", 22, None)
    assert estimate.audio_left_s() == pytest.approx(5.0)
    assert estimate.audio_s() == 2.0


def test_the_line_has_figures_before_the_name(tmp_path: Path) -> None:
    items = [Item(number, Recording(str(tmp_path / f"{number}.wav")), {}) for number in range(9)]
    for item in items:
        Path(item.name).write_bytes(b"x" * 100)
    progress = Progress(items, is_shown=True)
    progress.take(items[0].name)
    assert progress.text() == f"transcribing 1/9 {items[0].name} … 0 s"
    for item in items[:3]:
        progress.take(item.name)
        progress.finish(item, 20.0)
    progress.take(items[3].name)
    assert progress.text() == (f"transcribing 4/9, 1:00 of audio, RTF 0.00, 0:00 left, {items[3].name} … 0 s")


@pytest.mark.parametrize(
    ("text", "columns", "line"),
    [
        ("abcdef", 0, "abcdef"),
        ("abcdef", 7, "abcdef"),
        ("abcdef", 6, "abcd…"),
        ("会议记录", 9, "会议记录"),
        ("会议记录", 8, "会议记…"),
        ("会议记录", 7, "会议…"),
        ("e\u0301e\u0301e\u0301", 4, "e\u0301e\u0301e\u0301"),
    ],
)
def test_a_line_fits_into_the_columns_that_characters_take(text: str, columns: int, line: str) -> None:
    assert fitting(text, columns) == line


def test_what_is_printed_stands_above_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(sys, "stdout", terminal)
    with status_line(lambda: "going", quiet=False):
        say("early")
        time.sleep(1.3)
        say("remark")
        emit("result")
    drawn, cleared = "\rgoing\x1b[K", "\r\x1b[K"
    assert terminal.getvalue() == (f"early\n{drawn}{cleared}remark\n{drawn}{cleared}result\n{drawn}{cleared}")


def test_a_line_that_does_not_change_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with status_line(lambda: "going", quiet=False):
        time.sleep(2.2)
    assert terminal.getvalue() == "\rgoing\x1b[K\r\x1b[K"
