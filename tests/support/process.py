"""The `edge-asr` command as a process of its own, with the descriptors and the environment of a test."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


def environment(**changes: str) -> dict[str, str]:
    """Return the environment without the caller's flags."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EDGE_ASR_")}
    return {**kept, **changes}


def unmeasured(variables: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which `make coverage` does not measure the process, which takes memory."""
    return {name: value for name, value in variables.items() if name != "COVERAGE_PROCESS_CONFIG"}


def start(*arguments: object, preload: str = "", **changes: str) -> subprocess.Popen[bytes]:
    """Start the command with pipes.

    Args:
        arguments: of the command.
        preload: Python that runs first, such as a library that prints.
        changes: of the environment.
    """
    return subprocess.Popen(
        command_line(*arguments, preload=preload),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(**changes),
        # A shell starts background jobs with the interrupt ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509  # one thread
    )


def command_line(*arguments: object, preload: str = "") -> list[str]:
    """Return the words of the command."""
    words = [os.fsdecode(one) if isinstance(one, bytes | Path) else str(one) for one in arguments]
    if not preload:
        return [sys.executable, "-m", "edge_runtime", *words]
    program = f"import sys; sys.argv[0] = 'edge-asr'\n{preload}\nfrom edge_runtime.cli import main\nmain()"
    return [sys.executable, "-c", program, *words]


def run(
    *arguments: object,
    stdin: bytes = b"",
    preload: str = "",
    cwd: Path | None = None,
    timeout_s: float = 120,
    **changes: str,
) -> subprocess.CompletedProcess[bytes]:
    """Run the command to its end."""
    return subprocess.run(
        command_line(*arguments, preload=preload),
        input=stdin,
        capture_output=True,
        check=False,
        cwd=cwd,
        env=environment(**changes),
        timeout=timeout_s,
    )


def run_in_shell(
    line: str, *arguments: object, preload: str = "", variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a line of bash in which `$COMMAND` is the command with these arguments."""
    words = shlex.join(command_line(*arguments, preload=preload))
    return subprocess.run(
        ["bash", "-c", line.replace("$COMMAND", words)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        env=environment(**(variables or {})),
        timeout=120,
    )
