"""A command of the app: what its body prints is no result, and a file whose name looks like flags is told."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path
from typing import Any

from typer.core import TyperCommand

from edge_runtime.cli.process.streams import libraries_print_to_stderr
from edge_runtime.errors import UsageError


class Command(TyperCommand):
    """Every command is one."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Refuse the name of a file that would be read as flags; `-lead.wav` as `-l ead.wav`.

        Raises:
            UsageError: there is such a file.
        """
        for argument in takewhile(lambda one: one != "--", args):
            if argument.startswith("-") and "." in argument and Path(argument).is_file():
                raise UsageError(
                    f"{argument} is a file and looks like flags. Write ./{argument} for the file."
                )
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the body with stdout kept for `emit`."""
        with libraries_print_to_stderr():
            return super().invoke(ctx)
