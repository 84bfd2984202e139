"""Flags of `edge-asr run`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Recordings: TypeAlias = Annotated[
    list[str], typer.Argument(metavar="AUDIO...", help="Audio files; - reads standard input.")
]
Language: TypeAlias = Annotated[
    str,
    typer.Option("--language", "-l", envvar="EDGE_ASR_LANGUAGE", help="Name or code to force, or auto."),
]
Context: TypeAlias = Annotated[
    str, typer.Option("--context", envvar="EDGE_ASR_CONTEXT", help="Names and terms that may occur.")
]
TokenBudget: TypeAlias = Annotated[
    int | None, typer.Option("--max-new-tokens", min=1, help="Token budget. [default: by audio length]")
]
WordTimes: TypeAlias = Annotated[
    bool, typer.Option("--word-timestamps", help="Time every word, with a forced aligner.")
]
Timed: TypeAlias = Annotated[
    str | None,
    typer.Option("--timestamps", help="What to time: segment, word or char. [default: segment]"),
]
AlignerBundle: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--aligner",
        envvar="EDGE_ASR_ALIGNER",
        help="Aligner's bundle directory. [default: the only one under engines/]",
    ),
]
Strict: TypeAlias = Annotated[
    bool, typer.Option("--strict", help="Exit with 8 if a text was cut or repaired, or has no times.")
]
