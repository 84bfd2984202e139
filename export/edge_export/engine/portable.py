"""The manifest of a portable bundle, from the manifest of its graphs and the plan of its engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from edge_export.engine.limits import with_engine_limits
from edge_runtime.bundle.manifest import PORTABLE_SCHEMA
from edge_runtime.bundle.portable import CompileSpec, PortableManifest

if TYPE_CHECKING:
    from edge_export.engine.plan import EnginePlan
    from edge_runtime.bundle.manifest import Manifest


def portable_manifest(manifest: Manifest, plan: EnginePlan) -> PortableManifest:
    """Return the manifest of a portable bundle.

    Args:
        manifest: of the graphs, with all files.
        plan: of the engines, for a machine that is not this one.
    """
    gpu, rung = plan.machine.gpu, plan.ladder[plan.rung]
    assert gpu is not None, "a portable bundle is for one GPU"
    records = {}
    for component, record in plan.records.items():
        graph = manifest.components[component].graph
        hashes = {name: manifest.files[name].sha256 for name in (graph, f"{graph}.data")}
        records[component] = msgspec.structs.replace(record, onnx=hashes)
    return PortableManifest(
        schema=PORTABLE_SCHEMA,
        bundle=with_engine_limits(manifest, plan),
        compile=CompileSpec(
            library=plan.machine.version,
            compute_capability=gpu.compute_capability,
            recipe=plan.recipe,
            records=records,
            build_memory=rung.build_memory,
            run_memory=rung.run_memory,
        ),
    )
