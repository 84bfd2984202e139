"""Bundles that are installed already: what they were built from, and whether that is what is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_export.checkpoint.provenance import build_key
from edge_export.engine import record as engine_record
from edge_runtime.bundle.bundle import open_bundle, read_manifest
from edge_runtime.bundle.manifest import PORTABLE_SCHEMA
from edge_runtime.bundle.manifest_file import peek_schema
from edge_runtime.bundle.portable import open_portable
from edge_runtime.errors import BundleError

if TYPE_CHECKING:
    from pathlib import Path

    from edge_export.pipeline.job import BuildOptions, BuildPlan
    from edge_runtime.bundle.manifest import Manifest


def find_installed(plan: BuildPlan, options: BuildOptions) -> Path | None:
    """Return the folder of an up-to-date bundle, None where there is none.

    It may be of a later precision of the recipe, if engines of the first failed when it was built.
    """
    others = () if options.output else plan.fallback_bundles
    return next((bundle for bundle in (plan.bundle, *others) if _is_up_to_date(plan, bundle)), None)


def _is_up_to_date(plan: BuildPlan, bundle: Path) -> bool:
    """Return whether a folder holds a complete, undamaged bundle of the same inputs."""
    try:
        if recorded_key(bundle) != plan.key:
            return False
        if not plan.is_portable:
            open_bundle(bundle)
    except BundleError:
        return False
    return True


def recorded_key(directory: Path) -> str:
    """Return the `BuildPlan.key` of an installed bundle.

    Raises:
        BundleError: there is none, or it is damaged.
    """
    if peek_schema(directory) == PORTABLE_SCHEMA:
        portable = open_portable(directory)
        return "".join(
            _built_key(each.graphs.manifest) + engine_record.engines_key(each.spec.records)
            for each in portable.candidates
        )
    manifest = read_manifest(directory).manifest
    return _built_key(manifest) + engine_record.recorded_key(manifest)


def _built_key(manifest: Manifest) -> str:
    precision = engine_record.requested_precision(manifest)
    return build_key(manifest.provenance, manifest.target, precision)
