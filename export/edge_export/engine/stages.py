"""The stages of a build of engines: those of a build of graphs, expected outputs, engines."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from edge_export.engine.builder.build import EngineRequest
from edge_export.engine.failure import engine_failures
from edge_export.engine.limits import with_engine_limits
from edge_export.engine.record import with_attention
from edge_export.engine.selftest.answers import STAGE as ANSWERS
from edge_export.engine.selftest.answers import expected_outputs_stage, planned_manifest
from edge_export.engine.selftest.tested import build_tested
from edge_export.engine.selftest.trial import TRIALS_NAME, make_tester
from edge_export.stages.stage import Stage
from edge_runtime.bundle.manifest import Manifest
from edge_runtime.bundle.specs import EngineRecord
from edge_runtime.digest import sha256_of
from edge_runtime.verification.engine_cases import EXPECTED_NAME, read_cases

if TYPE_CHECKING:
    from pathlib import Path

    from edge_export.checkpoint.checkpoint import Checkpoint
    from edge_export.engine.plan import EnginePlan
    from edge_export.graph_spec import GraphSpec
    from edge_export.stages.workspace import Workspace

RECORDS_NAME: Final = "engines.json"
"""Records of the finished engines, from the stage to the manifest; not part of a bundle."""
TIMING_CACHE_NAME: Final = "timing.cache"
"""Lies beside the working folders and outlives them, so that the next build measures less."""


def engine_stages(
    stages: tuple[Stage, ...], plan: EnginePlan, on_line: Callable[[str], None]
) -> tuple[Stage, ...]:
    """Return the stages of a build of engines: graphs, their expected outputs, engines.

    Args:
        stages: of a build of graphs with the plan's export config; their graphs are not installed.
        plan: what to build.
        on_line: called with lines of progress.
    """
    graph_stages = (replace(stage, installs=()) if stage.name in plan.records else stage for stage in stages)
    plans = tuple(plan_name(component) for component in plan.records)
    work = partial(_engines, plan=plan, on_line=on_line)
    return (*graph_stages, expected_outputs_stage(plan), Stage("engine", work, (*plans, TRIALS_NAME)))


def plan_name(component: str) -> str:
    """Return the file of a component's engine."""
    return f"{component}.plan"


def with_engines(manifest: Manifest, plan: EnginePlan, workspace: Workspace) -> Manifest:
    """Return a manifest of graphs as one of the engines that were built from them."""
    data = (workspace.stage_path("engine") / RECORDS_NAME).read_bytes()
    records = msgspec.json.decode(data, type=dict[str, EngineRecord])
    engines = {
        name: msgspec.structs.replace(manifest.components[name], graph=plan_name(name), engine=record)
        for name, record in records.items()
    }
    components = manifest.components | engines
    return with_engine_limits(msgspec.structs.replace(manifest, components=components), plan)


def _engines(
    checkpoint: Checkpoint,
    workspace: Workspace,
    folder: Path,
    *,
    plan: EnginePlan,
    on_line: Callable[[str], None],
) -> None:
    records: dict[str, EngineRecord] = {}
    trials: dict[str, list[dict[str, Any]]] = {}
    manifest = planned_manifest(checkpoint, workspace, plan)
    cases = read_cases(workspace.stage_path(ANSWERS) / EXPECTED_NAME)
    for component, record in plan.records.items():
        spec = plan.export.spec(component, checkpoint.config)
        graphs, engine = workspace.stage_path(component), folder / plan_name(component)
        request = _request(plan, component, spec, workspace)
        tester = make_tester(manifest, cases, record)
        with engine_failures():
            attempts = build_tested(plan.library, request, engine, tester, on_line)
        trials[component] = [trial.as_json() for trial in attempts]
        onnx = {name: sha256_of(graphs / name) for name in (spec.file_name, spec.data_name)}
        records[component] = with_attention(
            msgspec.structs.replace(record, onnx=onnx), attempts[-1].attention
        )
    (folder / RECORDS_NAME).write_bytes(msgspec.json.encode(records, order="sorted"))
    (folder / TRIALS_NAME).write_text(json.dumps(trials, indent=2) + "\n", "utf-8")


def _request(plan: EnginePlan, component: str, spec: GraphSpec, workspace: Workspace) -> EngineRequest:
    record = plan.records[component]
    return EngineRequest(
        component=component,
        graph=workspace.stage_path(component) / spec.file_name,
        inputs=spec.inputs,
        profiles=record.profiles,
        capabilities=record.compute_capabilities,
        attention=plan.chosen.attention,
        timing_cache=workspace.directory.parent / TIMING_CACHE_NAME,
    )
