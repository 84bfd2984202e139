"""The stage that listens to recordings, before the first graph that needs it."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import numpy as np

from edge_export.quantize.activation_scales import Calibration, load_calibration
from edge_export.quantize.rounding.methods import PLAIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_export.calibration.recordings import Recording
    from edge_export.checkpoint.checkpoint import Checkpoint
    from edge_export.graphs.export_config import Form
    from edge_export.quantize.quantization import Quantisation
    from edge_export.stages.stage import Work
    from edge_export.stages.workspace import Workspace

CALIBRATE: Final = "calibrate"
CALIBRATION_NAME: Final = "calibration.npz"
ERRORS_NAME: Final = "quantisation.json"
"""Error of each matrix on the recordings, the worst first; part of the bundle."""


def calibration_work(form: Form, recordings: Sequence[Recording]) -> Work:
    """Return a stage's work that measures on recordings all that a form needs of them."""

    def work(checkpoint: Checkpoint, _: Workspace, folder: Path) -> None:
        # These import torch.
        from edge_export.calibration.calibrate import Calibrator, calibrate  # noqa: PLC0415
        from edge_export.calibration.gptq_plan import round_all  # noqa: PLC0415
        from edge_export.calibration.observed_graphs import ObservedGraphs  # noqa: PLC0415
        from edge_export.quantize.rounding.stored import Rounded  # noqa: PLC0415

        with TemporaryDirectory(dir=folder) as directory:
            graphs = ObservedGraphs(checkpoint, form.plan, Path(directory))
            calibrator = Calibrator(graphs)
            if form.plan.is_calibrated:
                calibration, samples = calibrate(calibrator, recordings)
            else:
                calibration, samples = Calibration(), calibrator.sample(recordings)
            calibration.save(folder / CALIBRATION_NAME)
            if form.rounding == "gptq":
                targets = [(form.plan, Rounded(folder))]
                round_all(graphs, recordings, calibration, targets, lambda name: np.dtype(form.dtype(name)))
            errors = calibrator.errors(_quantisation(form, folder), samples)
        listed = json.dumps([asdict(error) for error in errors], indent=2)
        (folder / ERRORS_NAME).write_text(listed + "\n", "utf-8")

    return work


def stored_quantisation(form: Form, workspace: Workspace) -> Quantisation:
    """Return how a form's graphs are quantised, with what the stage found where the form needs it."""
    return _quantisation(form, workspace.stage_path(CALIBRATE))


def _quantisation(form: Form, folder: Path) -> Quantisation:
    from edge_export.quantize.quantization import Quantisation  # noqa: PLC0415 - finished stages import no torch
    from edge_export.quantize.rounding.stored import Rounded  # noqa: PLC0415 - as above

    found = Quantisation(
        form.plan, rounding=PLAIN[form.rounding] if form.rounding in PLAIN else Rounded(folder)
    )
    if not form.plan.is_calibrated:
        return found
    return replace(found, calibration=load_calibration(folder / CALIBRATION_NAME))
