"""Flags of cues that are given, and of what in a text is not spoken."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

KeepCues: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--keep-cues",
        help="Keep the cues of the text, or take a cue a line: only their times are new. "
        "In the text's format unless one is named.",
    ),
]
AllSpoken: TypeAlias = Annotated[
    bool, typer.Option("--all-spoken", help="Also align markup, sounds in brackets and names of speakers.")
]
