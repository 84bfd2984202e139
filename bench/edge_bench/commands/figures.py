"""The flag that adds figures measured elsewhere to a line of scores."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Figures: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--figures",
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="NAME=VALUE of other scores, for the same line and bars.",
    ),
]
