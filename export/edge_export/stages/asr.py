"""The stages of a build: each fills one folder from the checkpoint and from the stages before it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from edge_export.checkpoint.tokenizer import TOKENIZER_NAME
from edge_export.graph_spec import PARITY_GRAPH_NAME
from edge_export.graphs import geometry
from edge_export.graphs.session import open_graph, with_logits
from edge_export.parity.parity import ASR, Graphs
from edge_export.parity.probes import PROBE_SECONDS, probe_waveform
from edge_export.stages.calibration import CALIBRATE, ERRORS_NAME, calibration_work, stored_quantization
from edge_export.stages.parity import parity_stages
from edge_export.stages.stage import Stage
from edge_export.stages.vad import vad_stage
from edge_runtime.text.encoder_file import read_encoder_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from edge_export.calibration.recordings import Recording
    from edge_export.checkpoint.checkpoint import Checkpoint
    from edge_export.graphs.export_config import ExportConfig
    from edge_export.parity.reference_output import ReferenceOutput
    from edge_export.stages.workspace import Workspace


def write_tokenizer(checkpoint: Checkpoint, _: Workspace, folder: Path) -> None:
    """Write tokenizer.json.

    Raises:
        BundleError: the runtime cannot encode with it.
    """
    path = folder / TOKENIZER_NAME
    path.write_text(checkpoint.tokenizer.to_json(), "utf-8", newline="")
    read_encoder_file(path)


def _write_graph(
    checkpoint: Checkpoint, workspace: Workspace, folder: Path, *, component: str, export: ExportConfig
) -> None:
    """Write a graph, its weights, and with inner values the parity graph over them."""
    from edge_export.graphs.write import (  # noqa: PLC0415 - finished stages import no torch
        write_graph,
        write_parity_graph,
    )

    spec = export.spec(component, checkpoint.config)
    quantization = stored_quantization(export, workspace)
    write_graph(spec, checkpoint.config, checkpoint.weights, folder, quantization)
    if spec.inner:
        write_parity_graph(spec, folder)


def graph_stages(component: str, export: ExportConfig, recordings: Sequence[Recording]) -> Iterator[Stage]:
    """Yield the stages that write the encoder and another graph, after calibrating if there are recordings.

    Args:
        component: the other graph.
        export: of both graphs.
        recordings: to calibrate on; without them, only weights are quantised, without calibration.
    """
    if recordings:
        yield Stage(CALIBRATE, calibration_work(export, recordings), (ERRORS_NAME,))
    for name in ("encoder", component):
        work = partial(_write_graph, component=name, export=export)
        yield Stage(name, work, (f"{name}.onnx", f"{name}.onnx.data"))


def _run_reference(checkpoint: Checkpoint) -> Iterator[ReferenceOutput]:
    from edge_export.parity.reference import Reference  # noqa: PLC0415 - finished stages import no torch

    return map(Reference(checkpoint).run, map(probe_waveform, PROBE_SECONDS))


def _open_graphs(checkpoint: Checkpoint, workspace: Workspace, export: ExportConfig) -> Graphs:
    config = checkpoint.config
    components = geometry.components(config, export)
    assert checkpoint.prompt is not None, "a checkpoint that transcribes has a prompt"
    return Graphs(
        encoder=open_graph(
            components["encoder"], workspace.stage_path("encoder") / components["encoder"].graph
        ),
        decoder=open_graph(
            with_logits(components["decoder"], config.text.vocab_size),
            workspace.stage_path("decoder") / PARITY_GRAPH_NAME,
        ),
        features=checkpoint.features,
        encoder_spec=geometry.encoder_geometry(config.audio),
        prompt=checkpoint.prompt,
        limits=geometry.limits(config),
    )


def asr_stages(export: ExportConfig, recordings: Sequence[Recording] = ()) -> tuple[Stage, ...]:
    """Return the stages of a checkpoint that transcribes, in the order they run."""
    return (
        Stage("tokenizer", write_tokenizer, (TOKENIZER_NAME,)),
        vad_stage(),
        *graph_stages("decoder", export, recordings),
        *parity_stages(ASR, export, _run_reference, _open_graphs),
    )
