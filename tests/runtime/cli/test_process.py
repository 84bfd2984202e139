"""`edge-asr` as a process: signals, and readers that go away."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from edge_runtime.errors import ExitCode
from tests.support.process import run_in_shell, start
from tests.support.tiny_bundle import SPEECH_TEXT

IGNORES_HANGUP = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)"


@pytest.mark.parametrize(
    ("signum", "code"),
    [
        (signal.SIGINT, ExitCode.INTERRUPTED),
        (signal.SIGTERM, ExitCode.TERMINATED),
        (signal.SIGHUP, ExitCode.HUNG_UP),
    ],
)
def test_a_signal_ends_the_command_without_a_trace(
    clip: Path, tiny_bundle: Path, signum: signal.Signals, code: ExitCode
) -> None:
    with start("run", clip, "-", "-m", tiny_bundle) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        # The first result is out, so the command waits for standard input.
        assert SPEECH_TEXT in process.stdout.readline().decode()
        process.send_signal(signum)
        assert process.wait(timeout=30) == code
        assert process.stderr.read() == b""


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_no_temporary_file(
    clip: Path, tiny_bundle: Path, tmp_path: Path, signum: signal.Signals
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    # Holds a temporary folder and says so, as decoding a video does.
    preload = (
        "import sys, tempfile, time\n"
        "from edge_runtime.recognition.recognizer import Recognizer\n"
        "def transcribe_each(self, sources, **_):\n"
        "    with tempfile.TemporaryDirectory(prefix='edge-asr-'):\n"
        "        print('decoding', file=sys.stderr, flush=True)\n"
        "        time.sleep(60)\n"
        "    yield\n"
        "Recognizer.transcribe_each = transcribe_each"
    )
    arguments = ("run", clip, "-m", tiny_bundle)
    with start(*arguments, preload=preload, TMPDIR=str(scratch)) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == b"decoding\n"
        assert list(scratch.iterdir())
        process.send_signal(signum)
        assert process.wait(timeout=30) == ExitCode.OK + 128 + signum
    assert list(scratch.iterdir()) == []


def test_a_hangup_that_the_parent_ignores_is_ignored(clip: Path, tiny_bundle: Path) -> None:
    with start("run", clip, "-", "-m", tiny_bundle, preload=IGNORES_HANGUP) as process:
        assert process.stdout is not None
        assert SPEECH_TEXT in process.stdout.readline().decode()
        process.send_signal(signal.SIGHUP)
        output, _ = process.communicate(clip.read_bytes(), timeout=30)
    assert process.returncode == ExitCode.OK
    assert output.decode() == f"-\t{SPEECH_TEXT}\n"


def test_a_reader_that_goes_away_is_no_reason_to_complain(clip: Path, tiny_bundle: Path) -> None:
    with start("run", clip, clip, "-m", tiny_bundle) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait(timeout=30) == ExitCode.READER_GONE
        assert process.stderr.read() == b""


def test_a_reader_that_goes_away_before_the_help_is_none_either() -> None:
    with start("run", "--help") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait(timeout=30) == ExitCode.READER_GONE
        assert process.stderr.read() == b""


def test_head_takes_one_line(clip: Path, tiny_bundle: Path) -> None:
    many = [clip] * 8
    # The reader closes its end before the second line is there.
    line = '$COMMAND | { read -r line; exec <&-; echo "$line"; }; echo "${PIPESTATUS[0]}" >&2'
    done = run_in_shell(line, "run", *many, "-m", tiny_bundle)
    assert done.stdout.decode() == f"{clip}\t{SPEECH_TEXT}\n"
    assert done.stderr.decode() == f"{int(ExitCode.READER_GONE)}\n"
