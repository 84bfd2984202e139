"""`edge-asr serve` as a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

import requests

from tests.support.process import command_line, environment


class Server:
    """A server that serves."""

    def __init__(self, *arguments: object, **variables: str) -> None:
        self.process = subprocess.Popen(
            command_line("serve", "--device", "cpu", "--port", 0, *arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment(**variables),
            text=True,
        )
        self.lines: list[str] = []
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        until(lambda: self._announced() is not None or self.process.poll() is not None, 120)
        assert self._announced() is not None, self.lines
        self.url = str(self._announced()).removesuffix(";")

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the log's lines of an event."""
        lines = [json.loads(line) for line in list(self.lines) if line.startswith("{")]
        return [line for line in lines if line["event"] == name]

    def post(self, path: str, audio: Any, **fields: Any) -> requests.Response:
        """Send a recording as the field `file` of a form."""
        return requests.post(self.url + path, files={"file": audio}, data=fields, timeout=60)

    def metric(self, name: str) -> float:
        """Return a figure without labels."""
        lines = requests.get(f"{self.url}/metrics", timeout=10).text.splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(f"edge_asr_{name} "))

    def stop(self) -> int:
        """End it as a supervisor does; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self._reading.join(10)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code

    def _announced(self) -> str | None:
        lines = (line for line in list(self.lines) if " serving " in line)
        return next((line.split(" at ")[1].split()[0] for line in lines), None)

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)


@contextmanager
def serving(*arguments: object, **variables: str) -> Iterator[Server]:
    server = Server(*arguments, **variables)
    try:
        yield server
    finally:
        assert server.stop() == 0, server.lines


def until(is_true: Callable[[], bool], limit_s: float = 20.0) -> None:
    """Wait until something is true.

    Raises:
        AssertionError: it does not become so.
    """
    end = monotonic() + limit_s
    while not is_true():
        assert monotonic() < end, f"not within {limit_s} s"
        sleep(0.02)
