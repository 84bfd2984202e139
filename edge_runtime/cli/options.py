"""Flags that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias, cast, get_args

import typer

from edge_runtime.backends.cpu import require_threads
from edge_runtime.errors import UsageError
from edge_runtime.text import units

Model: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--model",
        "-m",
        envvar="EDGE_ASR_MODEL",
        help="Bundle directory. [default: the only one under engines/]",
    ),
]
Device: TypeAlias = Annotated[
    str,
    typer.Option("--device", envvar="EDGE_ASR_DEVICE", help="auto, cpu or cuda; never replaced by another."),
]
Threads: TypeAlias = Annotated[
    int,
    typer.Option(
        "--threads",
        envvar="EDGE_ASR_THREADS",
        callback=require_threads,
        help="CPU threads; 0 takes one for each fast core, at most 8.",
    ),
]
BatchSize: TypeAlias = Annotated[
    int, typer.Option("--batch-size", min=1, help="Recordings decoded together, for speed with many.")
]
Korean: TypeAlias = Annotated[
    str, typer.Option("--korean", help="Time Korean stems and endings (dictionary) or words (eojeol).")
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON, one document a line.")]
Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", help="Print results and errors only.")]
AutoRebuild: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--auto-rebuild",
        envvar="EDGE_ASR_AUTO_REBUILD",
        help="Build engines again where they do not fit this machine; needs the exporter.",
    ),
]


def korean_rule(asked: str) -> units.Korean:
    """Read the flag `--korean`.

    Raises:
        UsageError: an unknown rule.
    """
    if asked not in get_args(units.Korean):
        raise UsageError(f"--korean {asked!r} is unknown; choose {' or '.join(get_args(units.Korean))}.")
    return cast("units.Korean", asked)
