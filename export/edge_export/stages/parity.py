"""The stages that run the reference and compare the graphs with it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge_export.parity.case import PARITY_NAME, GraphsUnderTest, ParityCase, check_parity
from edge_export.parity.probes import GOLDEN_PROBES, PROBE_SECONDS
from edge_export.parity.reference_output import Output, load_output, save_output, write_golden
from edge_export.parity.tolerances import acceptance
from edge_export.stages.stage import Stage
from edge_runtime.bundle.golden import GOLDEN_NAME

if TYPE_CHECKING:
    from edge_export.checkpoint.checkpoint import Checkpoint
    from edge_export.graphs.export_config import ExportConfig
    from edge_export.stages.workspace import Workspace


_REFERENCE: Final = "reference"


def reference_output_name(seconds: float) -> str:
    """Return the file in which the stage `reference` stores its output for a probe."""
    return f"answer_{seconds}s.npz"


def shared_reference(shared: Workspace, stage: Stage) -> Stage:
    """Return a build's stage, the reference as one that takes its outputs from a folder of several builds.

    The first of these builds puts them there. They depend on the checkpoint alone, and not on precision.

    Args:
        shared: working folder of builds of one checkpoint.
        stage: of any name.
    """
    if stage.name != _REFERENCE:
        return stage

    def copy(checkpoint: Checkpoint, _: Workspace, folder: Path) -> None:
        if not shared.is_finished(_REFERENCE):
            shared.run(_REFERENCE, lambda own: stage.work(checkpoint, shared, own))
        shutil.copytree(shared.stage_path(_REFERENCE), folder, dirs_exist_ok=True)

    return Stage(_REFERENCE, copy, stage.installs)


def parity_stages(
    case: ParityCase[GraphsUnderTest, Output],
    export: ExportConfig,
    run_reference: Callable[[Checkpoint], Iterable[Output]],
    open_graphs: Callable[[Checkpoint, Workspace, ExportConfig], GraphsUnderTest],
) -> tuple[Stage, Stage]:
    """Return the stages `reference` and `parity` of one kind of checkpoint.

    Outputs go to disk in between: the reference's weights and the session's are never in memory together.

    Args:
        case: the kind.
        export: of the graphs.
        run_reference: returns the reference's output for each of `PROBE_SECONDS`.
        open_graphs: opens the graphs that earlier stages wrote.
    """

    def reference(checkpoint: Checkpoint, _: Workspace, folder: Path) -> None:
        outputs = list(run_reference(checkpoint))
        for seconds, output in zip(PROBE_SECONDS, outputs, strict=True):
            save_output(folder / reference_output_name(seconds), output)
        write_golden(folder / GOLDEN_NAME, [outputs[index] for index in GOLDEN_PROBES], case.golden)

    def parity(checkpoint: Checkpoint, workspace: Workspace, folder: Path) -> None:
        stored = workspace.stage_path(_REFERENCE)
        references = {
            f"{seconds} s": load_output(stored / reference_output_name(seconds), case.output)
            for seconds in PROBE_SECONDS
        }
        version = checkpoint.provenance.tools["transformers"]
        accepted = acceptance(export.precision, checkpoint.config.text.num_layers)
        graphs = open_graphs(checkpoint, workspace, export)
        report = check_parity(case, graphs, references, f"transformers {version} float32", accepted)
        (folder / PARITY_NAME).write_text(json.dumps(report, indent=2) + "\n", "utf-8")

    return Stage(_REFERENCE, reference, (GOLDEN_NAME,)), Stage("parity", parity, (PARITY_NAME,))
