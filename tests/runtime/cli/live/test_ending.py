"""How `edge-asr stream` ends, as a process of its own: by signals, and where its reader is gone."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import numpy as np
import pytest

from edge_runtime.errors import ExitCode
from tests.support.process import run, start

RAW = ("--raw", "--emit", "ndjson", "-q")
"""A fake stream says what it heard."""
FAKED = (
    "from edge_runtime.recognition.recognizer import Recognizer\n"
    "from tests.support.fake_stream import FakeStream\n"
    "Recognizer.stream = lambda _, options, *, on_event, **rest: FakeStream(options, on_event)"
)


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, ExitCode.INTERRUPTED), (signal.SIGTERM, ExitCode.TERMINATED)]
)
def test_a_signal_ends_a_silent_pipe_with_the_final_of_what_was_said(
    tiny_bundle: Path, sent: signal.Signals, code: ExitCode
) -> None:
    with start("stream", "-", "-m", tiny_bundle, *RAW, preload=FAKED) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(np.zeros(16_000, "<i2").tobytes())
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["type"] == "partial", "before the pipe has ended"
        process.send_signal(sent)
        (last,) = process.stdout.read().splitlines()
        assert json.loads(last)["text"].startswith("16000 samples")
        assert process.wait(20) == code


def test_a_reader_that_is_gone_ends_the_stream(tiny_bundle: Path) -> None:
    with start("stream", "-", "-m", tiny_bundle, *RAW, preload=FAKED) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.close()
        process.stdin.write(np.zeros(16_000, "<i2").tobytes())
        process.stdin.flush()
        assert process.wait(20) == ExitCode.READER_GONE
        process.stdin.close()


def test_a_real_stream_ends_in_the_text_of_run(tmp_path: Path) -> None:
    clip = Path(__file__).parents[3] / "clips" / "en-00001.flac"
    live = run("stream", clip, "-m", "mini", cwd=tmp_path)
    assert live.stdout == run("run", clip, "-m", "mini", cwd=tmp_path).stdout
    assert live.stderr == b""
