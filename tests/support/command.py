"""The `edge-asr` command, run inside the test process."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from edge_runtime.cli import main


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The error message, after checking that it is all there is to read."""
        assert self.out == "", f"an error with output: {self.out!r}"
        (line,) = self.err.splitlines()
        prefix = "edge-asr: error: "
        assert line.startswith(prefix), f"not an error line: {line!r}"
        return line.removeprefix(prefix)


class Command:
    """Call it with arguments, as a shell would."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: object, stdin: bytes = b"") -> Outcome:
        self._monkeypatch.setattr(sys, "argv", ["edge-asr", *map(str, arguments)])
        self._monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as exit_:
            main()
        streams = self._capsys.readouterr()
        return Outcome(int(exit_.value.code or 0), streams.out, streams.err)
