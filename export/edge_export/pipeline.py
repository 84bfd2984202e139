"""Checkpoint to bundle: ordered stages, resumable, installed only when proven."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

import msgspec

from edge_export import resources
from edge_export.aligner import stages as aligner_stages
from edge_export.aligner.stages import ALIGNER_STAGES
from edge_export.assemble import assemble_manifest
from edge_export.checkpoint import read_checkpoint
from edge_export.engine.plan import ENGINE_TARGETS, EngineOptions, plan_engines, recorded_key
from edge_export.engine.stages import engine_stages, with_engines
from edge_export.install import install, require_replaceable
from edge_export.parity import PARITY_NAME
from edge_export.provenance import build_key
from edge_export.quantize.plans import PLANS
from edge_export.quantize.recordings import digests, read_recordings
from edge_export.quantize.stages import quantised_stages
from edge_export.source import HubOptions, resolve
from edge_export.stages import STAGES, write_parity
from edge_export.workspace import opened_workspace
from edge_runtime.bundle import open_bundle, read_manifest
from edge_runtime.errors import BundleError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_export.checkpoint import Checkpoint
    from edge_export.engine.plan import EnginePlan
    from edge_export.quantize.recordings import Recording
    from edge_export.stages import Stage
    from edge_export.workspace import Workspace
    from edge_runtime.manifest import Target

BUILD_DIRECTORY: Final = ".build"


Precision = Literal["fp32", "int8", "int8-w8a8", "int4"]


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """What to build.

    Attributes:
        model: `mini`, `mini-aligner`, `0.6b`, `1.7b`, `aligner`, a folder or a hub id.
        output: the bundle's folder; by default named after model, target and precision under `./engines`.
        target: back end.
        precision: of the weights, and of activations too where its name says so.
        calibrate_on: recordings, see `read_recordings`; for a precision with quantised activations.
        hub: how to fetch a hub id.
        force: forget finished stages and replace an identical bundle.
        recipe: name or path of an engine recipe; None chooses by GPU.
        capabilities: compute capabilities to compile engines ahead for.
    """

    model: str
    output: Path | None = None
    target: Target = "ort-cpu"
    precision: Precision = "fp32"
    calibrate_on: Path | None = None
    hub: HubOptions = field(default_factory=HubOptions)
    force: bool = False
    recipe: str | None = None
    capabilities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What came of it.

    Attributes:
        bundle: the bundle's folder.
        status: whether anything had to be built.
        reused: stages taken over from an earlier run.
        seconds: wall-clock time.
        parity: the bundle's parity report.
    """

    bundle: Path
    status: Literal["built", "up_to_date"]
    reused: tuple[str, ...]
    seconds: float
    parity: dict[str, Any]


class Reporter(Protocol):
    """Told how a build goes."""

    def progress(self, text: str) -> None:
        """Take a line that says what is being done."""
        ...

    def warn(self, text: str) -> None:
        """Take a line that the user should see."""
        ...


def build(options: BuildOptions, reporter: Reporter) -> BuildResult:
    """Build a bundle, or find that it is there.

    Raises:
        EdgeAsrError: with what was asked, what was found, and what to do; nothing is installed then.
    """
    started = time.perf_counter()
    reporter.progress(f"resolve {options.model}")
    recordings = _recordings(options)
    checkpoint = read_checkpoint(resolve(options.model, options.hub))
    checkpoint = _recorded(checkpoint, recordings)
    target = _target(options, checkpoint)
    plan = _engine_plan(options, checkpoint, reporter)
    key = build_key(checkpoint.provenance, options.target, options.precision) + (plan.key if plan else "")
    if not options.force and _is_up_to_date(target, key):
        return _result(target, "up_to_date", (), started)
    with resources.explained_failures(target.parent):
        reused = _build(checkpoint, target, options, recordings, plan, key, reporter)
    return _result(target, "built", reused, started)


def _recordings(options: BuildOptions) -> tuple[Recording, ...]:
    """Find what to calibrate on, before anything is built."""
    if not PLANS[options.precision].is_calibrated:
        if options.calibrate_on is not None:
            raise UsageError(
                f"Precision {options.precision!r} quantises no activations and takes no recordings. "
                f"Leave --calibrate-on out, or choose --precision int8-w8a8."
            )
        return ()
    if options.calibrate_on is None:
        raise UsageError(
            f"Precision {options.precision!r} quantises activations and needs recordings to calibrate on. "
            f"Name a folder, a list or a file with --calibrate-on: a minute of speech like yours will do."
        )
    return read_recordings(options.calibrate_on)


def _recorded(checkpoint: Checkpoint, recordings: Sequence[Recording]) -> Checkpoint:
    """Add recordings to the provenance: a bundle calibrated on others is another bundle."""
    provenance = checkpoint.provenance
    files = provenance.checkpoint_files | digests(recordings)
    return replace(checkpoint, provenance=msgspec.structs.replace(provenance, checkpoint_files=files))


def _target(options: BuildOptions, checkpoint: Checkpoint) -> Path:
    name = f"{checkpoint.source.name}.{options.target}.{options.precision}"
    target = (options.output or Path("engines") / name).expanduser().absolute()
    require_replaceable(target)
    return target


def _engine_plan(options: BuildOptions, checkpoint: Checkpoint, reporter: Reporter) -> EnginePlan | None:
    """Decide on engines, None for a bundle of graphs."""
    if options.target in ENGINE_TARGETS:
        asked = EngineOptions(options.target, options.precision, options.recipe, options.capabilities)
        return plan_engines(asked, checkpoint.config, reporter.progress)
    if options.recipe or options.capabilities:
        raise UsageError(
            f"--recipe and --compute-capability are for engines; --target {options.target} has none. "
            f"Leave them out, or choose --target {' or '.join(ENGINE_TARGETS)}."
        )
    return None


def _is_up_to_date(target: Path, key: str) -> bool:
    """Tell whether a whole, undamaged bundle of the same inputs is there."""
    try:
        manifest = read_manifest(target).manifest
        found = build_key(manifest.provenance, manifest.target, manifest.precision) + recorded_key(manifest)
        if found != key:
            return False
        open_bundle(target)
    except BundleError:
        return False
    return True


def _build(
    checkpoint: Checkpoint,
    target: Path,
    options: BuildOptions,
    recordings: Sequence[Recording],
    plan: EnginePlan | None,
    key: str,
    reporter: Reporter,
) -> tuple[str, ...]:
    directory = target.parent / BUILD_DIRECTORY / target.name
    need = resources.estimate(checkpoint.config)
    if plan is not None:
        need = resources.Need(need.disk + plan.disk, max(need.memory, plan.memory))
    warning = resources.check_memory(need)
    if warning:
        reporter.warn(warning)
    reporter.progress(
        f"needs about {need.memory / 1e9:.1f} GB of memory and {need.disk / 1e9:.1f} GB of disk"
    )
    with opened_workspace(directory, key, fresh=options.force) as workspace:
        resources.check_disk(need, directory, workspace.written_bytes())
        stages = _stages(checkpoint, options, recordings, plan, reporter)
        reused = tuple(_run_stages(stages, checkpoint, workspace, reporter))
        _install(stages, checkpoint, workspace, target, options, plan, reporter)
        workspace.clear()
    return reused


def _stages(
    checkpoint: Checkpoint,
    options: BuildOptions,
    recordings: Sequence[Recording],
    plan: EnginePlan | None,
    reporter: Reporter,
) -> tuple[Stage, ...]:
    is_asr = checkpoint.config.kind == "asr"
    stages = STAGES if is_asr else ALIGNER_STAGES
    if options.precision != "fp32":
        parity = write_parity if is_asr else aligner_stages.write_parity
        proof = partial(parity, precision=options.precision)
        stages = quantised_stages(stages, options.precision, proof, recordings)
    return stages if plan is None else engine_stages(stages, plan, reporter.progress)


def _run_stages(
    stages: Sequence[Stage], checkpoint: Checkpoint, workspace: Workspace, reporter: Reporter
) -> list[str]:
    """Run what is not finished; return the names of stages that were."""
    reused: list[str] = []
    for number, stage in enumerate(stages, 1):
        step = f"[{number}/{len(stages) + 1}] {stage.name}"
        # A stage is void once one before it was done again.
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
    checkpoint: Checkpoint,
    workspace: Workspace,
    target: Path,
    options: BuildOptions,
    plan: EnginePlan | None,
    reporter: Reporter,
) -> None:
    reporter.progress(f"[{len(stages) + 1}/{len(stages) + 1}] install {target}")
    files: dict[str, tuple[int, str]] = {}
    sources: dict[str, Path] = {}
    for stage in stages:
        recorded = workspace.recorded_files(stage.name)
        assert recorded is not None, f"stage {stage.name} has just been finished"
        files |= {name: recorded[name] for name in stage.installs}
        sources |= {name: workspace.stage_path(stage.name) / name for name in stage.installs}
    parity = json.loads(sources[PARITY_NAME].read_text("utf-8"))
    manifest = assemble_manifest(checkpoint, options.target, options.precision, files, parity)
    if plan is not None:
        manifest = with_engines(manifest, plan, workspace)
    install(manifest, sources, workspace.directory, target)


def _result(
    target: Path, status: Literal["built", "up_to_date"], reused: tuple[str, ...], started: float
) -> BuildResult:
    parity = json.loads((target / PARITY_NAME).read_text("utf-8"))
    return BuildResult(target, status, reused, time.perf_counter() - started, parity)
