"""The `edge-asr` command."""

from __future__ import annotations

import sys
from typing import NoReturn

from edge_runtime.errors import ExitCode
from edge_runtime.starved import is_starved


def main() -> NoReturn:
    """Run the command line and exit."""
    try:
        from edge_runtime.cli.app import main as run  # noqa: PLC0415 - there may be no memory for its imports
    except (MemoryError, ImportError, OSError, SystemError) as error:
        if not is_starved(error):
            raise
        line = "edge-asr: error: out of memory while starting. Free memory, or raise the process's limit."
        print(line, file=sys.stderr)
        sys.exit(ExitCode.RESOURCES)
    run()


__all__ = ["main"]
