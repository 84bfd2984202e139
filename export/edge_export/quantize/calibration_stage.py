"""The stage that calibrates, before the first graph that needs it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from edge_export.quantize.calibration import Calibration, load_calibration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_export.checkpoint import Checkpoint
    from edge_export.quantize.recordings import Recording
    from edge_export.quantize.scheme import QuantisationPlan
    from edge_export.stages import Work
    from edge_export.workspace import Workspace

CALIBRATE: Final = "calibrate"
CALIBRATION_NAME: Final = "calibration.npz"
ERRORS_NAME: Final = "quantisation.json"
"""Error of each matrix on the recordings, the worst first; part of the bundle."""


def calibration_work(plan: QuantisationPlan, recordings: Sequence[Recording]) -> Work:
    """Return a stage's work that measures activations on recordings."""

    def work(checkpoint: Checkpoint, _: Workspace, folder: Path) -> None:
        from edge_export.quantize.calibrate import Calibrator, calibrate  # noqa: PLC0415 - imports torch

        with TemporaryDirectory(dir=folder) as directory:
            calibrator = Calibrator(checkpoint, plan, Path(directory))
            calibration, samples = calibrate(calibrator, recordings)
            errors = calibrator.errors(calibration, samples)
        calibration.save(folder / CALIBRATION_NAME)
        listed = json.dumps([asdict(error) for error in errors], indent=2)
        (folder / ERRORS_NAME).write_text(listed + "\n", "utf-8")

    return work


def stored_calibration(plan: QuantisationPlan, workspace: Workspace) -> Calibration:
    """Return what the stage found; nothing where the plan needs nothing."""
    if not plan.is_calibrated:
        return Calibration()
    return load_calibration(workspace.stage_path(CALIBRATE) / CALIBRATION_NAME)
