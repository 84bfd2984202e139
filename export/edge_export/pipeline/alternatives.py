"""A portable bundle of several precisions: each is built by itself, and files that are equal are shared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from edge_export.pipeline.install import install, require_replaceable
from edge_export.pipeline.installed import recorded_key
from edge_export.pipeline.job import plan_build
from edge_export.stages.workspace import clear_leftovers, open_workspace, working_folder
from edge_runtime.bundle.manifest import PORTABLE_SCHEMA, Manifest
from edge_runtime.bundle.portable import Alternative, PortableManifest, open_portable
from edge_runtime.errors import BundleError

if TYPE_CHECKING:
    from pathlib import Path

    from edge_export.engine.ladder import Rung
    from edge_export.pipeline.job import BuildOptions, BuildPlan
    from edge_runtime.bundle.portable import PortableBundle

Build = Callable[["BuildOptions"], object]
"""Builds a bundle of one precision, unless it is there."""


def usable_rungs(plan: BuildPlan) -> tuple[Rung, ...]:
    """Return the precisions that a portable bundle is to hold; empty for another bundle."""
    if plan.engines is None or not plan.is_portable:
        return ()
    return tuple(rung for rung in plan.engines.ladder if rung.obstacle is None)


def build_alternatives(
    options: BuildOptions, plan: BuildPlan, rungs: Sequence[Rung], build: Build
) -> tuple[Path, bool]:
    """Build a portable bundle of several precisions, unless an up-to-date one is installed.

    Args:
        options: of the user, who names no precision.
        plan: of the first precision.
        rungs: the precisions.
        build: builds one of them.

    Returns:
        The bundle's folder, and whether anything had to be built.
    """
    target = plan.bundle
    if options.output is None:
        stem = target.name.removesuffix(plan.export.precision)
        target = target.with_name(stem + "+".join(rung.precision for rung in rungs))
    require_replaceable(target)
    requests = [_of_rung(options, rung) for rung in rungs]
    key = "".join(plan_build(request, lambda _: None).key for request in requests)
    in_parts = target.with_name(f"{target.name}.parts")
    if not options.force and _is_up_to_date(target, key):
        clear_leftovers(in_parts)
        return target, False
    parts = working_folder(in_parts)
    with open_workspace(parts, key, fresh=options.force) as workspace:
        folders = [workspace.directory / rung.precision for rung in rungs]
        for request, folder in zip(requests, folders, strict=True):
            build(replace(request, output=folder, shared=workspace))
        _join([open_portable(folder) for folder in folders], workspace.directory, target)
        workspace.clear()
    return target, True


def _of_rung(options: BuildOptions, rung: Rung) -> BuildOptions:
    """Return the options for one precision; recordings and rounding are for codes alone."""
    if any(precision.startswith("int") for precision in rung.components.values()):
        return replace(options, precision=rung.precision)
    return replace(options, precision=rung.precision, calibrate_on=None, rounding=None)


def _is_up_to_date(bundle: Path, key: str) -> bool:
    try:
        return recorded_key(bundle) == key
    except BundleError:
        return False


def _join(parts: Sequence[PortableBundle], workspace: Path, target: Path) -> None:
    """Install several portable bundles as one."""
    first, *others = parts
    manifest = first.graphs.manifest
    entries, sources = dict(manifest.files), {name: first.path(name) for name in manifest.files}
    alternatives = []
    for other in others:
        own, files = _own_files(manifest, other.graphs.manifest), other.graphs.manifest.files
        entries |= {f"{other.precision}/{name}": files[name] for name in own}
        sources |= {f"{other.precision}/{name}": other.path(name) for name in own}
        alternatives.append(Alternative(other.precision, own, other.graphs.manifest, other.spec))
    document = PortableManifest(PORTABLE_SCHEMA, manifest, first.spec, tuple(alternatives))
    listed = msgspec.structs.replace(manifest, files=entries)
    install(listed, sources, workspace, target, document=document)


def _own_files(first: Manifest, other: Manifest) -> tuple[str, ...]:
    """Return the files that differ; a graph and its weights stay together, since one names the other."""
    own = {name for name, entry in other.files.items() if first.files.get(name) != entry}
    for component in other.components.values():
        pair = {component.graph, f"{component.graph}.data"} & other.files.keys()
        own |= pair if pair & own else set()
    return tuple(sorted(own))
