"""The stages of an aligner's build."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from edge_export.checkpoint.tokenizer import TOKENIZER_NAME
from edge_export.graphs import geometry
from edge_export.graphs.session import open_graph, with_logits
from edge_export.parity.aligner_parity import AlignerGraphs, check_aligner_parity
from edge_export.parity.golden import write_golden
from edge_export.parity.parity import PARITY_NAME
from edge_export.parity.probes import GOLDEN_PROBES, PROBE_SECONDS, PROBE_TEXTS, probe_waveform
from edge_export.parity.tolerances import acceptance
from edge_export.stages.asr import graph_stages, reference_output_name, write_tokenizer
from edge_export.stages.stage import Stage
from edge_runtime.bundle.golden import GOLDEN_NAME, AlignerGolden
from edge_runtime.text.units import split_units

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edge_export.calibration.recordings import Recording
    from edge_export.checkpoint.checkpoint import Checkpoint
    from edge_export.graphs.export_config import ExportConfig
    from edge_export.stages.workspace import Workspace


def _reference(checkpoint: Checkpoint, _: Workspace, folder: Path) -> None:
    # Answers go to disk: the reference's weights and the session's are never in memory together.
    from edge_export.parity.aligner_reference import AlignerReference  # noqa: PLC0415 - as above

    assert checkpoint.aligner is not None, "an aligner has its spec"
    reference = AlignerReference(
        checkpoint.config, checkpoint.weights, checkpoint.features, checkpoint.aligner
    )
    outputs = []
    for seconds, text in zip(PROBE_SECONDS, PROBE_TEXTS, strict=True):
        unit_ids = [checkpoint.tokenizer.encode(unit.text) for unit in split_units(text, None)]
        outputs.append(reference.run(probe_waveform(seconds), unit_ids))
        outputs[-1].save(folder / reference_output_name(seconds))
    write_golden(folder / GOLDEN_NAME, [outputs[index] for index in GOLDEN_PROBES], AlignerGolden)


def _parity(checkpoint: Checkpoint, workspace: Workspace, folder: Path, *, export: ExportConfig) -> None:
    from edge_export.parity.aligner_reference import load_aligner_reference_output  # noqa: PLC0415 - as above

    stored = workspace.stage_path("reference")
    references = {
        f"{seconds} s": load_aligner_reference_output(stored / reference_output_name(seconds))
        for seconds in PROBE_SECONDS
    }
    version = checkpoint.provenance.tools["transformers"]
    report = check_aligner_parity(
        _open_graphs(checkpoint, workspace, export),
        references,
        f"transformers {version} float32",
        acceptance(export.precision, checkpoint.config.text.num_layers),
    )
    (folder / PARITY_NAME).write_text(json.dumps(report, indent=2) + "\n", "utf-8")


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
        *graph_stages("aligner", export, recordings),
        Stage("reference", _reference, (GOLDEN_NAME,)),
        Stage("parity", partial(_parity, export=export), (PARITY_NAME,)),
    )
