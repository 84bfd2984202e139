"""The stages of an aligner's build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_export.checkpoint.tokenizer import TOKENIZER_NAME
from edge_export.graphs import geometry
from edge_export.graphs.session import open_graph, with_logits
from edge_export.parity.aligner_parity import ALIGNER, AlignerGraphs
from edge_export.parity.probes import PROBE_SECONDS, PROBE_TEXTS, probe_waveform
from edge_export.stages.asr import graph_stages, write_tokenizer
from edge_export.stages.parity import parity_stages
from edge_export.stages.stage import Stage
from edge_export.stages.vad import vad_stage
from edge_runtime.text.units import split_units

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edge_export.calibration.recordings import Recording
    from edge_export.checkpoint.checkpoint import Checkpoint
    from edge_export.graphs.export_config import ExportConfig
    from edge_export.parity.reference_output import AlignerReferenceOutput
    from edge_export.stages.workspace import Workspace


def _run_reference(checkpoint: Checkpoint) -> Iterator[AlignerReferenceOutput]:
    from edge_export.parity.aligner_reference import (  # noqa: PLC0415 - finished stages import no torch
        AlignerReference,
    )

    reference = AlignerReference(checkpoint)
    for seconds, text in zip(PROBE_SECONDS, PROBE_TEXTS, strict=True):
        unit_ids = [checkpoint.tokenizer.encode(unit.text) for unit in split_units(text, None)]
        yield reference.run(probe_waveform(seconds), unit_ids)


def _open_graphs(checkpoint: Checkpoint, workspace: Workspace, export: ExportConfig) -> AlignerGraphs:
    config, spec = checkpoint.config, checkpoint.aligner
    assert spec is not None, "an aligner has its spec"
    components = geometry.components(config, export)
    encoder = components["encoder"]
    parity_name = export.spec("aligner", config).parity_name
    return AlignerGraphs(
        encoder=open_graph(encoder, workspace.stage_path("encoder") / encoder.graph),
        aligner=open_graph(
            with_logits(components["aligner"], spec.num_classes),
            workspace.stage_path("aligner") / parity_name,
        ),
        features=checkpoint.features,
        encoder_spec=geometry.encoder_geometry(config.audio),
        spec=spec,
        limits=geometry.limits(config),
    )


def aligner_stages(export: ExportConfig, recordings: Sequence[Recording] = ()) -> tuple[Stage, ...]:
    """Return the stages of an aligner, in the order they run."""
    return (
        Stage("tokenizer", write_tokenizer, (TOKENIZER_NAME,)),
        vad_stage(),
        *graph_stages("aligner", export, recordings),
        *parity_stages(ALIGNER, export, _run_reference, _open_graphs),
    )
