"""What may pass is tried once more; what cannot is not."""

from __future__ import annotations

import errno
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from edge_runtime.cli.many.again import is_final, may_pass
from edge_runtime.errors import AudioError, DeviceLostError, ExitCode, GraphError, ResourceError
from edge_runtime.recognition.long import reading
from tests.support.command import Command


def caused_by(error: Exception) -> AudioError:
    """Return the error that a recording gets whose disk fails."""
    caused = AudioError("x.wav: cannot be read.")
    caused.__cause__ = error
    return caused


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (AudioError("broken"), False),
        (caused_by(OSError(errno.EIO, "Input/output error")), True),
        (caused_by(OSError(errno.ESTALE, "Stale file handle")), True),
        (caused_by(PermissionError(errno.EACCES, "Permission denied")), False),
        (caused_by(FileNotFoundError(errno.ENOENT, "No such file")), False),
        (MemoryError(), True),
        (ResourceError("Out of memory."), True),
        (DeviceLostError("The GPU is lost."), True),
        (GraphError("the graph failed"), False),
        (ValueError("unexpected"), False),
    ],
    ids=repr,
)
def test_the_machine_may_recover_and_the_recording_may_not(error: Exception, *, passes: bool) -> None:
    assert may_pass(error) is passes
    assert is_final(error) is (isinstance(error, AudioError) and not passes)


@pytest.mark.parametrize("batch_size", [1, 4])
@pytest.mark.parametrize("num_failures", [0, 1, 2])
def test_a_recording_is_tried_twice_at_most(
    command: Command,
    folder: Path,
    tiny_bundle: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    loads: Counter[str],
    num_failures: int,
    batch_size: int,
) -> None:
    actual = reading.open_source

    def open_source(audio: Any, *arguments: Any, **named: Any) -> Any:
        if audio.path.name == "0002.wav" and loads["0002.wav"] < num_failures:
            loads["0002.wav"] += 1
            raise caused_by(OSError(errno.EIO, "Input/output error"))
        return actual(audio, *arguments, **named)

    monkeypatch.setattr(reading, "open_source", open_source)
    report = tmp_path / "report.json"
    outcome = command(
        *("run", folder, "-m", tiny_bundle, "--batch-size", batch_size, "--report", report, "-q")
    )
    assert outcome.code == ExitCode.SOME_INPUTS_FAILED
    files = json.loads(report.read_text("utf-8"))["files"]
    assert [file["path"][-8:] for file in files] == [f"000{number}.wav" for number in range(6)]
    assert files[2]["status"] == ("failed" if num_failures == 2 else "done")
    assert [file["tries"] for file in files] == [1, 1, min(num_failures + 1, 2), 1, 1, 1]
    assert loads["0005.wav"] == 1, "a broken file is tried once"
