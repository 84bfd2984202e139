"""The project's own commands, each in a process of its own, so that figures are those of a user's run."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from edge_bench.precisions.build import ScoredBuild
from edge_runtime.errors import CheckFailedError, ExitCode


@dataclass(frozen=True, slots=True)
class Tool:
    """Runs commands for one checkpoint.

    Attributes:
        checkpoint: as of `edge-asr build-engines`.
        work: folder for bundles.
        calibrate_on: recordings for precisions that need them.
        layers_on: recordings to measure layers on.
        threads: CPU threads of a bundle; 0 lets the back end choose.
    """

    checkpoint: str
    work: Path
    calibrate_on: Path
    layers_on: Path
    threads: int = 0

    def build(self, build: ScoredBuild) -> Path:
        """Build a bundle unless it is up to date; return its folder."""
        folder = self.work / ".".join(filter(None, (self.checkpoint, build.precision, build.lowering)))
        calibration = ("--calibrate-on", str(self.calibrate_on)) if build.is_calibrated else ()
        place = ("--output-dir", str(folder), "--quiet")
        _run("edge_runtime", "build-engines", self.checkpoint, *build.options, *calibration, *place)
        return folder

    def command(self, *arguments: str | Path) -> str:
        """Run an `edge-asr` command on bundles and return what it prints, even if a check of it is missed.

        Raises:
            CheckFailedError: it failed.
        """
        return _run("edge_runtime", *map(str, arguments), "--threads", str(self.threads))

    def worst_layers(self, build: ScoredBuild, max_rows: int) -> list[str]:
        """Return rows of a Markdown table, the worst layer first."""
        chosen = ("--checkpoint", self.checkpoint, *build.options, "--most", str(max_rows))
        printed = _run("edge_export.tuning.layers", *chosen, "--calibrate-on", str(self.layers_on))
        return printed.splitlines()[2:]


def _run(module: str, *arguments: str) -> str:
    command = [sys.executable, "-m", module, *arguments]
    completed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, env=os.environ)  # noqa: S603
    if completed.returncode not in {ExitCode.OK, ExitCode.CHECK_FAILED} or not completed.stdout:
        raise CheckFailedError(f"`{' '.join(command[1:])}` ended with exit code {completed.returncode}.")
    return completed.stdout
