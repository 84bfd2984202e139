"""The calibration stage, which runs before the first graph that needs it."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import numpy as np

from edge_export.quantize.activation_scales import Calibration, load_calibration
from edge_export.quantize.rounding.methods import DATA_FREE_ROUNDINGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_export.calibration.recordings import Recording
    from edge_export.checkpoint.checkpoint import Checkpoint
    from edge_export.graphs.export_config import ExportConfig
    from edge_export.quantize.quantization import Quantization
    from edge_export.stages.stage import Work
    from edge_export.stages.workspace import Workspace

CALIBRATE: Final = "calibrate"
CALIBRATION_NAME: Final = "calibration.npz"
ERRORS_NAME: Final = "quantisation.json"
"""Error of each matrix on the recordings, the worst first; part of the bundle."""


def calibration_work(export: ExportConfig, recordings: Sequence[Recording]) -> Work:
    """Return the work of the calibration stage for an export config."""

    def work(checkpoint: Checkpoint, _: Workspace, folder: Path) -> None:
        # These import torch.
        from edge_export.calibration.calibrate import Calibrator, calibrate  # noqa: PLC0415
        from edge_export.calibration.gptq_plan import run_gptq  # noqa: PLC0415
        from edge_export.calibration.observed_graphs import ObservedGraphs  # noqa: PLC0415
        from edge_export.quantize.rounding.stored import StoredRounding  # noqa: PLC0415

        with TemporaryDirectory(dir=folder) as directory:
            graphs = ObservedGraphs(checkpoint, export.plan, Path(directory))
            calibrator = Calibrator(graphs)
            if export.plan.is_calibrated:
                calibration, samples = calibrate(calibrator, recordings)
            else:
                calibration, samples = Calibration(), calibrator.sample(recordings)
            calibration.save(folder / CALIBRATION_NAME)
            if export.rounding == "gptq":
                targets = [(export.plan, StoredRounding(folder))]
                run_gptq(graphs, recordings, calibration, targets, lambda name: np.dtype(export.dtype(name)))
            errors = calibrator.errors(_quantization(export, folder), samples)
        listed = json.dumps([asdict(error) for error in errors], indent=2)
        (folder / ERRORS_NAME).write_text(listed + "\n", "utf-8")

    return work


def stored_quantization(export: ExportConfig, workspace: Workspace) -> Quantization:
    """Return the quantization of an export config, with results of the stage if it needs them."""
    return _quantization(export, workspace.stage_path(CALIBRATE))


def _quantization(export: ExportConfig, folder: Path) -> Quantization:
    from edge_export.quantize.quantization import Quantization  # noqa: PLC0415 - finished stages import no torch
    from edge_export.quantize.rounding.stored import StoredRounding  # noqa: PLC0415 - as above

    quantization = Quantization(
        export.plan,
        rounding=DATA_FREE_ROUNDINGS[export.rounding]
        if export.rounding in DATA_FREE_ROUNDINGS
        else StoredRounding(folder),
    )
    if not export.plan.is_calibrated:
        return quantization
    return replace(quantization, calibration=load_calibration(folder / CALIBRATION_NAME))
