"""What a person at a terminal sees of work that takes a while."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edge_runtime.cli.process.activity import shown_activity
from edge_runtime.errors import ExitCode
from tests.support.process import command_line, environment
from tests.support.tiny_bundle import SPEECH_TEXT

SLOW = (
    "import time\n"
    "from edge_runtime.recognition.long import reading\n"
    "actual = reading.open_source\n"
    "reading.open_source = lambda *args, **named: (time.sleep(2.5), actual(*args, **named))[1]"
)


def screen(*arguments: object) -> tuple[int, bytes, str]:
    """Run the command with stderr on a terminal; return exit code, stdout and what the terminal shows."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command_line(*arguments, preload=SLOW),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=environment(),
    ) as process:
        os.close(theirs)
        shown = b""
        while block := _read(ours):
            shown += block
        output, _ = process.communicate(timeout=60)
    os.close(ours)
    return process.returncode, output, shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1024)
    except OSError:  # the other end is closed
        return b""


class Terminal(io.StringIO):
    """A stderr that a person looks at."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("seconds", "shown"), [(0.0, ""), (1.3, "\rwork … 1 s\x1b[K\r\x1b[K")])
def test_only_work_that_takes_a_while_is_shown(
    monkeypatch: pytest.MonkeyPatch, seconds: float, shown: str
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with shown_activity("work", quiet=False):
        time.sleep(seconds)
    assert terminal.getvalue() == shown


def test_work_that_raises_leaves_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)

    def fail() -> None:
        time.sleep(1.2)
        raise ValueError("unusable")

    with pytest.raises(ValueError, match="unusable"), shown_activity("work", quiet=False):
        fail()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_long_work_is_shown_with_its_seconds_and_leaves_nothing(clip: Path, tiny_bundle: Path) -> None:
    code, output, shown = screen("run", clip, "absent.wav", "-m", tiny_bundle)
    assert (code, output.decode()) == (ExitCode.SOME_INPUTS_FAILED, f"{clip}\t{SPEECH_TEXT}\n")
    assert f"transcribing 1/2 {clip} … 2 s" in shown
    cleared = "\r\x1b[K"
    assert f"{cleared}edge-asr: error: absent.wav" in shown
    assert shown.endswith(cleared)


def test_quiet_shows_nothing(clip: Path, tiny_bundle: Path) -> None:
    assert screen("run", clip, "-q", "-m", tiny_bundle) == (ExitCode.OK, f"{SPEECH_TEXT}\n".encode(), "")


def test_a_pipe_gets_no_line_that_moves(clip: Path, tiny_bundle: Path) -> None:
    done = subprocess.run(
        command_line("run", clip, "-m", tiny_bundle, preload=SLOW),
        check=True,
        capture_output=True,
        env=environment(),
        timeout=60,
    )
    assert (done.stdout.decode(), done.stderr) == (f"{SPEECH_TEXT}\n", b"")


@pytest.mark.parametrize("name", ["two\nlines.wav", "bell\a.wav"])
def test_a_name_cannot_move_the_line(clip: Path, tiny_bundle: Path, name: str) -> None:
    odd = clip.rename(clip.with_name(name))
    _, _, shown = screen("run", odd, "-m", tiny_bundle)
    assert "\a" not in shown
    assert "\n" not in shown
