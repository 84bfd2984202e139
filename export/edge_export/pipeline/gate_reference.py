"""The bundle that a gate compares with: the same checkpoint in float32."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge_export.checkpoint.adapter.adapter import ADAPTER_PREFIX
from edge_export.pipeline.quantization import EXPORT_DIGEST
from edge_runtime.bundle.bundle import read_manifest
from edge_runtime.bundle.manifest import MANIFEST_NAME, Target
from edge_runtime.errors import BundleError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge_export.pipeline.job import BuildPlan
    from edge_runtime.bundle.manifest import Manifest

REFERENCE_PRECISION: Final = "fp32"
REFERENCE_TARGET: Final[Target] = "ort-cpu"
"""Target of a reference: it runs on every machine that builds bundles."""

_ENGINES: Final = Path("engines")


def require_reference(plan: BuildPlan, reference: Path) -> Path:
    """Return the reference bundle that the user named.

    Raises:
        BundleError: it is not a bundle.
        UsageError: it is not in float32, or of another checkpoint.
    """
    manifest = read_manifest(reference).manifest
    if not _is_reference(manifest, plan):
        raise UsageError(
            f"--gate-reference {reference}: a bundle of {manifest.name} in {manifest.precision}, not of the "
            f"same checkpoint in {REFERENCE_PRECISION} ({plan.checkpoint.source.name}). "
            f"Leave the flag out to have that found or built."
        )
    return reference


def find_reference(plan: BuildPlan) -> Path | None:
    """Return a reference bundle beside the new one or under `./engines`, None if there is none."""
    for folder in (plan.bundle.parent, _ENGINES.absolute()):
        for path in sorted(folder.glob(f"*/{MANIFEST_NAME}")):
            # The new bundle replaces what is there, so it cannot be the reference.
            if path.parent != plan.bundle and _is_usable(path.parent, plan):
                return path.parent
    return None


def reference_path(plan: BuildPlan) -> Path:
    """Return where a reference is to be built.

    Raises:
        UsageError: the bundle under the gate goes there.
    """
    path = plan.bundle.parent / f"{plan.checkpoint.source.name}.{REFERENCE_TARGET}.{REFERENCE_PRECISION}"
    if path == plan.bundle:
        raise UsageError(
            f"--gate-on compares with the bundle in {REFERENCE_PRECISION}, and {path} is the one to be "
            f"built. Name another with --gate-reference, or leave --gate-on out."
        )
    return path


def _is_usable(directory: Path, plan: BuildPlan) -> bool:
    try:
        manifest = read_manifest(directory).manifest
    except BundleError:
        return False  # of an older format, or damaged: use another, or build one
    return manifest.target == REFERENCE_TARGET and _is_reference(manifest, plan)


def _is_reference(manifest: Manifest, plan: BuildPlan) -> bool:
    # Either provenance may name more than the checkpoint: recordings, and how graphs were written.
    recorded = manifest.provenance.checkpoint_files.items()
    checkpoint = {item for item in recorded if not item[0].startswith(EXPORT_DIGEST)}
    wanted = plan.checkpoint.provenance.checkpoint_files.items()
    is_same = checkpoint <= wanted and _of_adapter(checkpoint) == _of_adapter(wanted)
    return is_same and (manifest.kind, manifest.precision) == (
        plan.checkpoint.config.kind,
        REFERENCE_PRECISION,
    )


def _of_adapter(files: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the entries of an adapter: a base without one is another model."""
    return {entry for entry in files if entry[0].startswith(ADAPTER_PREFIX)}
