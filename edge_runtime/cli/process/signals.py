"""Signals that end the process as an exception does, so that temporary files are removed."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from functools import partial
from types import FrameType
from typing import Final, NoReturn

from edge_runtime.errors import ExitCode

_EXIT_CODES: Final[Mapping[str, ExitCode]] = {"SIGTERM": ExitCode.TERMINATED, "SIGHUP": ExitCode.HUNG_UP}


def exit_on_signals() -> None:
    """Let SIGTERM and SIGHUP end the process in order, unless the parent, as nohup does, ignored one."""
    for name, code in _EXIT_CODES.items():
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, partial(_exit, code))


def _exit(code: ExitCode, _signum: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(code)
