"""Checkpoint to bundle: ordered stages, resumable, installed only when proven."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from edge_export.engine.failure import EngineFailedError
from edge_export.engine.portable import portable_manifest
from edge_export.engine.selftest.answers import expected_outputs_stage
from edge_export.engine.stages import engine_stages, with_engines
from edge_export.parity.case import PARITY_NAME
from edge_export.pipeline import resources
from edge_export.pipeline.alternatives import build_alternatives, usable_rungs
from edge_export.pipeline.fallback import next_attempt
from edge_export.pipeline.gate import GATE_NAME
from edge_export.pipeline.gating import plan_gate_check
from edge_export.pipeline.install import install, require_replaceable
from edge_export.pipeline.installed import find_installed
from edge_export.pipeline.job import BuildOptions, BuildPlan, plan_build
from edge_export.stages.aligner import aligner_stages
from edge_export.stages.asr import asr_stages
from edge_export.stages.manifest import assemble_manifest
from edge_export.stages.parity import shared_reference
from edge_export.stages.workspace import clear_leftovers, open_workspace, working_folder
from edge_runtime.bundle.bundle import read_manifest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_export.checkpoint.checkpoint import Checkpoint
    from edge_export.pipeline.gating import BuildGateCheck
    from edge_export.pipeline.reporter import Reporter
    from edge_export.stages.stage import Stage
    from edge_export.stages.workspace import Workspace


@dataclass(frozen=True, slots=True)
class BuildResult:
    """Result of a build.

    Attributes:
        bundle: the bundle's folder.
        status: whether anything had to be built.
        reused: stages taken over from an earlier run.
        seconds: wall-clock time.
        parity: the bundle's parity report.
        gate: the report of the gate that it passed, None without one.
    """

    bundle: Path
    status: Literal["built", "up_to_date"]
    reused: tuple[str, ...]
    seconds: float
    parity: dict[str, Any]
    gate: dict[str, Any] | None = None


def build(options: BuildOptions, reporter: Reporter) -> BuildResult:
    """Build a bundle, unless an up-to-date one is installed.

    Raises:
        EdgeAsrError: with what was expected, what is there, and what to do; nothing is installed.
    """
    started = time.perf_counter()
    reporter.progress(f"resolve {options.model}")
    plan = plan_build(options, reporter.progress)
    rungs = usable_rungs(plan)
    if len(rungs) > 1:
        bundle, is_new = build_alternatives(options, plan, rungs, lambda part: build(part, reporter))
        return _result(bundle, "built" if is_new else "up_to_date", (), started)
    require_replaceable(plan.bundle)
    installed = None if options.force else find_installed(plan, options)
    plan = replace(plan, bundle=installed or plan.bundle)
    gate_check = _plan_gate_check(plan, options, reporter)
    if installed and (gate_check is None or gate_check.is_settled(plan.bundle)):
        clear_leftovers(plan.bundle)
        return _result(plan.bundle, "up_to_date", (), started)
    with resources.translate_failures(plan.bundle.parent):
        if installed and gate_check:
            bundle, reused = plan.bundle, _gate_installed(plan, gate_check)
        else:
            bundle, reused = _build_with_fallback(plan, options, reporter, gate_check)
    return _result(bundle, "built", reused, started)


def _plan_gate_check(plan: BuildPlan, options: BuildOptions, reporter: Reporter) -> BuildGateCheck | None:
    return plan_gate_check(
        options, plan, lambda plain: build(plain, reporter).bundle, reporter.progress, reporter.warn
    )


def _build_with_fallback(
    plan: BuildPlan, options: BuildOptions, reporter: Reporter, gate_check: BuildGateCheck | None
) -> tuple[Path, tuple[str, ...]]:
    """Build, and try what `next_attempt` names as long as engines fail; return the bundle's folder too."""
    fresh = options.force
    while True:
        try:
            return plan.bundle, _build(plan, reporter, gate_check, fresh=fresh)
        except EngineFailedError as failure:
            assert plan.engines is not None, "only a build of engines fails so"
            attempt = next_attempt(options, plan.engines, failure.error)
            if attempt is None:
                raise failure.error from None
            reporter.warn(f"{failure.error} Trying {attempt.what}.")
        plan, fresh = plan_build(attempt.options, reporter.progress), False
        require_replaceable(plan.bundle)
        gate_check = _plan_gate_check(plan, options, reporter)


def _gate_installed(plan: BuildPlan, gate_check: BuildGateCheck) -> tuple[str, ...]:
    """Run the gate on an installed bundle and add its report."""
    manifest = read_manifest(plan.bundle).manifest
    files = {name: entry for name, entry in manifest.files.items() if name != GATE_NAME}
    sources = {name: plan.bundle / name for name in files}
    with open_workspace(working_folder(plan.bundle), plan.key, fresh=False) as workspace:
        plain = msgspec.structs.replace(manifest, files=files)
        try:
            install(plain, sources, workspace.directory, plan.bundle, gate_check.judge)
        finally:
            # An interrupted installation is finished from there.
            if plan.bundle.exists():
                workspace.clear()
    return ()


def _build(
    plan: BuildPlan, reporter: Reporter, gate_check: BuildGateCheck | None, *, fresh: bool
) -> tuple[str, ...]:
    directory = working_folder(plan.bundle)
    requirements = resources.estimate(plan.checkpoint.config)
    if plan.engines is not None and not plan.is_portable:
        requirements = resources.Requirements(
            requirements.disk + plan.engines.disk, max(requirements.memory, plan.engines.memory)
        )
    warning = resources.check_memory(requirements)
    if warning:
        reporter.warn(warning)
    memory_gb, disk_gb = requirements.memory / 1e9, requirements.disk / 1e9
    reporter.progress(f"needs about {memory_gb:.1f} GB of memory and {disk_gb:.1f} GB of disk")
    # Graphs of both lowerings and of several precisions may be tried for one key.
    key = f"{plan.key}.{plan.export.precision}.{plan.export.lowering}"
    for notice in plan.checkpoint.notices:
        reporter.warn(f"{notice}.")
    with open_workspace(directory, key, fresh=fresh) as workspace:
        resources.check_disk(requirements, directory, workspace.written_bytes())
        stages = _stages(plan, reporter)
        if not workspace.is_finished(stages[0].name):
            _require_same_reading(plan.checkpoint)
        reused = tuple(_run_stages(stages, plan.checkpoint, workspace, reporter))
        _install(stages, plan, workspace, reporter, gate_check)
        workspace.clear()
    return reused


def _require_same_reading(checkpoint: Checkpoint) -> None:
    """Refuse a configuration of which transformers understands more; before the first stage."""
    from edge_export.parity.config_reading import (  # noqa: PLC0415 - finished stages import no torch
        require_same_reading,
    )

    require_same_reading(checkpoint)


def _stages(plan: BuildPlan, reporter: Reporter) -> tuple[Stage, ...]:
    make_stages = asr_stages if plan.checkpoint.config.kind == "asr" else aligner_stages
    stages = make_stages(plan.export, plan.recordings)
    if plan.shared is not None:
        stages = tuple(map(partial(shared_reference, plan.shared), stages))
    if plan.engines is None:
        return stages
    if plan.is_portable:
        return (*stages, expected_outputs_stage(plan.engines))
    return engine_stages(stages, plan.engines, reporter.progress)


def _run_stages(
    stages: Sequence[Stage], checkpoint: Checkpoint, workspace: Workspace, reporter: Reporter
) -> list[str]:
    """Run unfinished stages; return the names of those that were finished before."""
    reused: list[str] = []
    for number, stage in enumerate(stages, 1):
        step = f"[{number}/{len(stages) + 1}] {stage.name}"
        # A stage is void once an earlier stage has run again.
        if len(reused) == number - 1 and workspace.is_finished(stage.name):
            reporter.progress(f"{step}: finished before")
            reused.append(stage.name)
            continue
        reporter.progress(step)
        started = time.perf_counter()
        workspace.run(stage.name, lambda folder, work=stage.work: work(checkpoint, workspace, folder))  # type: ignore[misc]
        reporter.progress(f"{step}: {time.perf_counter() - started:.1f} s")
    return reused


def _install(
    stages: Sequence[Stage],
    plan: BuildPlan,
    workspace: Workspace,
    reporter: Reporter,
    gate_check: BuildGateCheck | None,
) -> None:
    reporter.progress(f"[{len(stages) + 1}/{len(stages) + 1}] install {plan.bundle}")
    files: dict[str, tuple[int, str]] = {}
    sources: dict[str, Path] = {}
    for stage in stages:
        recorded = workspace.recorded_files(stage.name)
        assert recorded is not None, f"stage {stage.name} has just been finished"
        files |= {name: recorded[name] for name in stage.installs}
        sources |= {name: workspace.stage_path(stage.name) / name for name in stage.installs}
    parity = json.loads(sources[PARITY_NAME].read_text("utf-8"))
    manifest = assemble_manifest(plan.checkpoint, plan.target, plan.export, files, parity)
    if plan.engines is not None and plan.is_portable:
        document = portable_manifest(manifest, plan.engines)
        install(manifest, sources, workspace.directory, plan.bundle, document=document)
        return
    if plan.engines is not None:
        manifest = with_engines(manifest, plan.engines, workspace)
    install(manifest, sources, workspace.directory, plan.bundle, gate_check.judge if gate_check else None)


def _result(
    target: Path, status: Literal["built", "up_to_date"], reused: tuple[str, ...], started: float
) -> BuildResult:
    parity = json.loads((target / PARITY_NAME).read_text("utf-8"))
    gate = target / GATE_NAME
    gate_report = json.loads(gate.read_text("utf-8")) if gate.is_file() else None
    return BuildResult(target, status, reused, time.perf_counter() - started, parity, gate_report)
