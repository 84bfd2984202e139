"""`edge-asr` as a process: signals, and readers that go away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edge_runtime.errors import ExitCode
from tests.support.tiny_bundle import SPEECH_TEXT


def start(*arguments: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "edge_runtime", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if not name.startswith("EDGE_ASR_")},
        # A shell starts background jobs with the interrupt ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509  # the test is one thread
    )


@pytest.mark.parametrize(
    ("signum", "code"), [(signal.SIGINT, ExitCode.INTERRUPTED), (signal.SIGTERM, ExitCode.TERMINATED)]
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


def test_a_reader_that_goes_away_is_no_reason_to_complain(clip: Path, tiny_bundle: Path) -> None:
    with start("run", clip, clip, "-m", tiny_bundle) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.wait(timeout=30)
        assert process.stderr.read() == b""
