"""The manifest of a bundle, from its checkpoint, export config and files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edge_export.graphs.geometry import components, decoder_geometry, encoder_geometry, limits
from edge_export.parity.tolerances import selftest_tolerances
from edge_export.stages.vad import VAD
from edge_runtime.bundle.manifest import SCHEMA, FileEntry, Manifest, Target
from edge_runtime.vad.silero import COMPONENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge_export.checkpoint.checkpoint import Checkpoint
    from edge_export.graphs.export_config import ExportConfig


def assemble_manifest(
    checkpoint: Checkpoint,
    target: Target,
    export: ExportConfig,
    files: Mapping[str, tuple[int, str]],
    parity: Mapping[str, Any],
) -> Manifest:
    """Return the manifest.

    Args:
        checkpoint: what was exported.
        target: back end of the bundle.
        export: of the graphs.
        files: name → (bytes, sha256) of every file but the manifest.
        parity: the build's report.
    """
    config = checkpoint.config
    return Manifest(
        schema=SCHEMA,
        name=checkpoint.source.name,
        kind=config.kind,
        target=target,
        precision=export.precision,
        components=components(config, export) | {COMPONENT: VAD},
        features=checkpoint.features,
        encoder=encoder_geometry(config.audio),
        decoder=decoder_geometry(config.text, export) if config.kind == "asr" else None,
        prompt=checkpoint.prompt,
        aligner=checkpoint.aligner,
        languages=checkpoint.languages,
        limits=limits(config, target),
        selftest=selftest_tolerances(parity, export.precision),
        files={name: FileEntry(bytes=size, sha256=digest) for name, (size, digest) in sorted(files.items())},
        provenance=checkpoint.provenance,
    )
