"""Flags for many recordings."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from edge_runtime.cli import options
from edge_runtime.cli.inputs.recordings import Recording
from edge_runtime.errors import UsageError

Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        "-j",
        min=1,
        max=64,
        help="Worker processes, each with a model of its own; one that crashes does not end the others.",
    ),
]
Timeout = Annotated[
    float | None,
    typer.Option("--timeout", metavar="SECONDS", min=1, help="With --jobs: end a worker that takes longer."),
]
ReportFile = Annotated[
    Path | None,
    typer.Option("--report", metavar="FILE", help="Write what became of each recording here, as JSON."),
]
Resume = Annotated[
    bool,
    typer.Option("--resume", help="Go on where an earlier run with the same --output-dir stopped."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyFlags:
    """How many recordings at a time, and what is known of them afterwards."""

    batch_size: options.BatchSize = 1
    jobs: Jobs = None
    timeout: Timeout = None
    report: ReportFile = None
    resume: Resume = False

    def require_sense(self, recordings: tuple[Recording, ...], output_dir: Path | None) -> None:
        """Check the flags against each other and the rest.

        Raises:
            UsageError: they contradict each other.
        """
        if self.resume and output_dir is None:
            raise UsageError("--resume goes on with the files of an --output-dir. Name it.")
        if self.timeout is not None and self.jobs is None:
            raise UsageError("--timeout ends worker processes, and there are none. Give --jobs 1.")
        if self.jobs is not None and getattr(sys, "frozen", False):
            raise UsageError("--jobs: this program is frozen and cannot start workers. Leave --jobs out.")
        if self.jobs is not None and any(one.name == options.STDIN for one in recordings):
            raise UsageError("--jobs: a worker cannot read standard input. Leave --jobs out, or name a file.")
