"""The project's own commands, each in a process of its own: what it measures is what a user gets."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from edge_bench.precisions.form import ScoredBuild
from edge_runtime.errors import CheckFailedError, ExitCode


@dataclass(frozen=True, slots=True)
class Tool:
    """Runs commands for one checkpoint.

    Attributes:
        checkpoint: as of `edge-asr build-engines`.
        work: folder for bundles.
        calibrate_on: recordings for precisions that need them.
        layers_on: recordings to measure layers on.
        threads: of a bundle that is run; 0 lets the back end choose.
    """

    checkpoint: str
    work: Path
    calibrate_on: Path
    layers_on: Path
    threads: int = 0

    def build(self, form: ScoredBuild) -> Path:
        """Build a bundle, or find it as built before; return its folder."""
        folder = self.work / ".".join(filter(None, (self.checkpoint, form.precision, form.lowering)))
        calibration = ("--calibrate-on", str(self.calibrate_on)) if form.is_calibrated else ()
        place = ("--output-dir", str(folder), "--quiet")
        _run("edge_runtime", "build-engines", self.checkpoint, *form.options, *calibration, *place)
        return folder

    def command(self, *arguments: str | Path) -> str:
        """Run an `edge-asr` command that runs bundles; return what it prints, also of a missed check.

        Raises:
            CheckFailedError: it failed.
        """
        return _run("edge_runtime", *map(str, arguments), "--threads", str(self.threads))

    def worst_layers(self, form: ScoredBuild, most: int) -> list[str]:
        """Return rows of a Markdown table, the worst layer first."""
        chosen = ("--checkpoint", self.checkpoint, *form.options, "--most", str(most))
        printed = _run("edge_export.tuning.layers", *chosen, "--calibrate-on", str(self.layers_on))
        return printed.splitlines()[2:]


def _run(module: str, *arguments: str) -> str:
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, env=os.environ)  # noqa: S603
    if done.returncode not in {ExitCode.OK, ExitCode.CHECK_FAILED} or not done.stdout:
        raise CheckFailedError(f"`{' '.join(command[1:])}` ended with exit code {done.returncode}.")
    return done.stdout
