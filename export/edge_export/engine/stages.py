"""The stages of a build of engines: those of a build of graphs, and one more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from edge_export.engine.build import EngineRequest, build_engine
from edge_export.stages import Stage
from edge_runtime.digest import sha256_of
from edge_runtime.manifest import EngineRecord, Manifest

if TYPE_CHECKING:
    from pathlib import Path

    from edge_export.checkpoint import Checkpoint
    from edge_export.engine.plan import EnginePlan
    from edge_export.workspace import Workspace

RECORDS_NAME: Final = "engines.json"
"""Records of the finished engines, from the stage to the manifest; not part of a bundle."""
TIMING_CACHE_NAME: Final = "timing.cache"
"""Beside the working folders, since it outlives them: the next build measures less."""


def engine_stages(
    stages: tuple[Stage, ...], plan: EnginePlan, on_line: Callable[[str], None]
) -> tuple[Stage, ...]:
    """Return the stages of a build of engines.

    Args:
        stages: of a build of graphs of the plan's form; they stay, the graphs are not installed.
        plan: what to build.
        on_line: told how far the builder is.
    """
    kept = (replace(stage, installs=()) if stage.name in plan.records else stage for stage in stages)
    plans = tuple(plan_name(component) for component in plan.records)
    return (*kept, Stage("engine", partial(_engines, plan=plan, on_line=on_line), plans))


def plan_name(component: str) -> str:
    """Return the file of a component's engine."""
    return f"{component}.plan"


def with_engines(manifest: Manifest, plan: EnginePlan, workspace: Workspace) -> Manifest:
    """Return a manifest of graphs as one of the engines that were built from them."""
    data = (workspace.stage_path("engine") / RECORDS_NAME).read_bytes()
    records = msgspec.json.decode(data, type=dict[str, EngineRecord])
    components = {
        name: msgspec.structs.replace(component, graph=plan_name(name), engine=records[name])
        for name, component in manifest.components.items()
    }
    return _limited(msgspec.structs.replace(manifest, components=components), plan)


def _limited(manifest: Manifest, plan: EnginePlan) -> Manifest:
    """Bound requests by what the profiles hold."""
    windows = max(
        profile.windows[2] for profile in plan.chosen.profiles["encoder"].values() if profile.windows
    )
    limits = msgspec.structs.replace(manifest.limits, encoder_batch=windows)
    limited = msgspec.structs.replace(manifest, limits=limits)
    return _limited_aligner(limited, plan) if manifest.kind == "aligner" else _limited_decoder(limited, plan)


def _limited_decoder(manifest: Manifest, plan: EnginePlan) -> Manifest:
    rows = plan.chosen.kv_capacity
    assert rows is not None, "a recipe for a decoder states its cache rows"
    profiles = plan.chosen.profiles["decoder"].values()
    limits = msgspec.structs.replace(
        manifest.limits,
        prefill_chunk=max(profile.sequence[2] for profile in profiles if profile.sequence),
        max_positions=min(manifest.limits.max_positions, rows),
        max_new_tokens=min(manifest.limits.max_new_tokens, rows),
    )
    return msgspec.structs.replace(manifest, limits=limits)


def _limited_aligner(manifest: Manifest, plan: EnginePlan) -> Manifest:
    aligner, encoder, features = manifest.aligner, manifest.encoder, manifest.features
    assert aligner is not None, "an aligner's bundle has its spec"
    profiles = plan.chosen.profiles["aligner"].values()
    tokens = max(profile.audio_tokens[2] for profile in profiles if profile.audio_tokens)
    positions = max(profile.sequence[2] for profile in profiles if profile.sequence)
    # Whole chunks: the last one is padded, and its tokens count.
    seconds = (
        tokens // encoder.chunk_tokens * encoder.chunk_frames * features.hop_length / features.sample_rate
    )
    aligner = msgspec.structs.replace(
        aligner,
        max_positions=min(aligner.max_positions, positions),
        max_audio_s=min(aligner.max_audio_s, seconds),
    )
    return msgspec.structs.replace(manifest, aligner=aligner)


def _engines(
    checkpoint: Checkpoint,
    workspace: Workspace,
    folder: Path,
    *,
    plan: EnginePlan,
    on_line: Callable[[str], None],
) -> None:
    records: dict[str, EngineRecord] = {}
    for component, record in plan.records.items():
        spec = plan.form.spec(component, checkpoint.config)
        graphs = workspace.stage_path(component)
        request = EngineRequest(
            component=component,
            graph=graphs / spec.file_name,
            inputs=spec.inputs,
            profiles=record.profiles,
            capabilities=record.compute_capabilities,
            attention=plan.chosen.attention,
            timing_cache=workspace.directory.parent / TIMING_CACHE_NAME,
        )
        built = build_engine(plan.binding, request, folder / plan_name(component), on_line)
        on_line(f"{component}: {built.num_bytes / 1e6:.1f} MB in {built.seconds:.1f} s")
        onnx = {name: sha256_of(graphs / name) for name in (spec.file_name, spec.data_name)}
        records[component] = msgspec.structs.replace(record, onnx=onnx)
    (folder / RECORDS_NAME).write_bytes(msgspec.json.encode(records, order="sorted"))
