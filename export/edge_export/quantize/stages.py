"""The stages of a build whose graphs are quantised."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from edge_export.graphs import graph_specs
from edge_export.quantize.calibration import Calibration, load_calibration
from edge_export.quantize.plans import PLANS
from edge_export.stages import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edge_export.checkpoint import Checkpoint
    from edge_export.quantize.recordings import Recording
    from edge_export.quantize.scheme import QuantisationPlan
    from edge_export.stages import Work
    from edge_export.workspace import Workspace

CALIBRATE: Final = "calibrate"
CALIBRATION_NAME: Final = "calibration.npz"
ERRORS_NAME: Final = "quantisation.json"
"""Error of each matrix on the recordings, the worst first; part of the bundle."""


def quantised_stages(
    stages: Sequence[Stage], precision: str, parity: Work, recordings: Sequence[Recording]
) -> tuple[Stage, ...]:
    """Return a build's stages at another precision.

    Args:
        stages: of a float32 build.
        precision: a key of `PLANS`.
        parity: proves graphs of that precision.
        recordings: to calibrate on; unused by a plan that quantises weights alone.
    """
    return tuple(_quantised(stages, PLANS[precision], parity, recordings))


def _quantised(
    stages: Sequence[Stage], plan: QuantisationPlan, parity: Work, recordings: Sequence[Recording]
) -> Iterator[Stage]:
    for stage in stages:
        if stage.name == "parity":
            yield replace(stage, work=parity)
        elif stage.name in plan.components:
            # Before the first graph that needs it.
            if stage.name == "encoder" and plan.is_calibrated:
                yield Stage(CALIBRATE, _calibration_work(plan, recordings), (ERRORS_NAME,))
            yield replace(stage, work=_graph_work(stage.name, plan))
        else:
            yield stage


def _calibration_work(plan: QuantisationPlan, recordings: Sequence[Recording]) -> Work:
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


def _graph_work(name: str, plan: QuantisationPlan) -> Work:
    def work(checkpoint: Checkpoint, workspace: Workspace, folder: Path) -> None:
        from edge_export.quantize.quantisation import Quantisation  # noqa: PLC0415 - as above
        from edge_export.to_onnx import write_graph, write_parity_graph  # noqa: PLC0415 - as above

        spec = next(spec for spec in graph_specs(checkpoint.config) if spec.name == name)
        quantisation = Quantisation(plan, _calibration(plan, workspace))
        write_graph(spec, checkpoint.config, checkpoint.weights, folder, quantisation)
        if spec.inner:
            write_parity_graph(spec, folder)

    return work


def _calibration(plan: QuantisationPlan, workspace: Workspace) -> Calibration:
    if not plan.is_calibrated:
        return Calibration()
    return load_calibration(workspace.stage_path(CALIBRATE) / CALIBRATION_NAME)
