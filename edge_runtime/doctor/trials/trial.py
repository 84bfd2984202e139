"""Run a probe in a process of its own: a library that crashes or hangs is a verdict, not the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Literal

import msgspec

Outcome = Literal["passed", "missing", "failed", "died", "timeout"]

_MODULE: Final = "edge_runtime.doctor.trials.trial_process"
_LIMITS_S: Final = {"ffmpeg": 30, "gpu": 60, "ort-cpu": 60, "codes": 60, "ort-cuda": 120, "bundle": 900}
_LIMIT_S: Final = 300
"""Of probes that compile kernels: a few seconds on a desktop, a minute on a small board."""
_STDERR_LINES: Final = 3


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """How a probe went.

    Attributes:
        outcome: "missing" where the package or program is not installed.
        reason: why it did not pass, in sentences.
        hint: a command that the reason names.
        version: of the library.
        facts: what the probe learned.
        seconds: wall-clock time, with the start of the process.
    """

    outcome: Outcome
    reason: str = ""
    hint: str | None = None
    version: str | None = None
    facts: dict[str, Any] = {}
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether the result was right."""
        return self.outcome == "passed"


_NO_INTERPRETER: Final = "This program is frozen: it has no Python interpreter to run a probe in."

RunTrial = Callable[..., Trial]
"""Takes the name of a probe and its arguments; see `run_trial`."""


def run_trial(name: str, *arguments: str, limit_s: float | None = None) -> Trial:
    """Run a probe of `trial_process` in a new process.

    Args:
        name: of the probe.
        arguments: of it.
        limit_s: after which the process and its children are ended; None takes the probe's own.
    """
    if getattr(sys, "frozen", False):
        return Trial(outcome="missing", reason=_NO_INTERPRETER)
    limit = limit_s or _LIMITS_S.get(name, _LIMIT_S)
    started = time.perf_counter()
    # In a group of its own, so that what a probe has started ends with it.
    process = subprocess.Popen(  # noqa: S603 - our own program, arguments as a list
        [sys.executable, "-m", _MODULE, name, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        _end(process)
        trial = Trial(outcome="timeout", reason=f"It gave no answer within {limit:g} s.")
    except BaseException:
        _end(process)
        raise
    else:
        trial = _answer(process.returncode, out, err)
    return msgspec.structs.replace(trial, seconds=round(time.perf_counter() - started, 3))


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:  # Windows has no groups to end
            process.kill()
    process.communicate()


def _answer(code: int, out: bytes, err: bytes) -> Trial:
    """Return the answer that a process printed, or how it ended without one."""
    with suppress(msgspec.MsgspecError, IndexError):
        if code == 0:
            return msgspec.json.decode(out.splitlines()[-1], type=Trial)
    printed = " ".join(err.decode("utf-8", "replace").strip().splitlines()[-_STDERR_LINES:])
    ending = f"ended by {_signal_name(-code)}" if code < 0 else f"ended with exit code {code}"
    said = f"; it printed: {printed}" if printed else ""
    return Trial(outcome="died", reason=f"The process was {ending}{said}.")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
