"""Bounds for a child process that reads hostile bytes, set between fork and exec by the system's own tools.

No hook runs Python in the child, which is unsafe where the caller has threads, and no module that only POSIX
has is imported.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import lru_cache
from typing import Final

MEMORY_BYTES: Final = 1 << 30
"""Address space of the child: code, libraries and the frames in flight."""
CPU_S: Final = 300
"""Processor time of the child."""

# No core file, no file of more than 0 bytes, no more memory and time than this. macOS cannot limit memory.
_LIMITED: Final = f"""
ulimit -c 0; ulimit -f 0; ulimit -t {CPU_S}
ulimit -v {MEMORY_BYTES >> 10} 2>/dev/null
exec "$@"
"""


def limited(command: list[str]) -> list[str]:
    """Return the command under limits, as far as this system has them; on Windows as it is."""
    if os.name != "posix":
        return command
    return [*_ended_with_parent(), "/bin/sh", "-c", _LIMITED, "sh", *command]


@lru_cache(maxsize=1)
def _ended_with_parent() -> tuple[str, ...]:
    """Return what makes Linux kill a child whose parent was killed, nothing where there is no such tool."""
    program = shutil.which("setpriv")
    if program is None:
        return ()
    prefix = (program, "--pdeathsig", "KILL", "--")
    try:
        trial = subprocess.run(  # noqa: S603  # a program of the system
            [*prefix, "/bin/sh", "-c", ":"],
            check=False,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=5,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return prefix if trial.returncode == 0 else ()
