"""Options of a build, and the plan that is made from them before the first stage runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from edge_export.calibration.recordings import Recording, digests, read_recordings
from edge_export.checkpoint.checkpoint import read_checkpoint
from edge_export.checkpoint.provenance import build_key
from edge_export.checkpoint.source import HubOptions, resolve
from edge_export.engine.plan import ENGINE_TARGETS, EngineOptions, plan_engines, plan_for
from edge_export.engine.platforms import machine_of
from edge_export.graphs.export_config import ExportConfig, export_config
from edge_export.pipeline.quantization import export_digests, export_from_recipe, with_rounding
from edge_runtime.errors import UsageError

if TYPE_CHECKING:
    from edge_export.checkpoint.checkpoint import Checkpoint
    from edge_export.engine.builder.lowering import Attention
    from edge_export.engine.plan import EnginePlan
    from edge_export.engine.platforms import Platform
    from edge_export.graph_spec import ComputeDtype, Lowering
    from edge_export.pipeline.gate import GateOptions
    from edge_export.stages.workspace import Workspace
    from edge_runtime.bundle.manifest import Target


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """What to build.

    Attributes:
        model: `mini`, `mini-aligner`, `0.6b`, `1.7b`, `aligner`, a folder or a hub id.
        output: the bundle's folder; by default named after model, target and precision under `./engines`.
        target: back end.
        precision: of the weights, and of activations too where its name says so; None takes what the recipe
            chooses for the model, and where there is no recipe `fp32`, for `ort-cuda` `fp16`.
        calibrate_on: recordings, see `read_recordings`; for a quantised precision.
        rounding: how codes are chosen, see `choose_rounding`.
        hub: how to fetch a hub id.
        force: forget finished stages and replace an identical bundle.
        recipe: name or path of an engine recipe, None chooses by GPU; path of a quantisation recipe for a
            target without engines.
        capabilities: compute capabilities to compile engines ahead for.
        attention: how engines compute it; None takes the recipe's choice.
        lowering: how graphs for ONNX Runtime are written, None for the precision's default; see `Lowering`.
        kv_cache_dtype: of the decoder's cache in graphs of lowering `ort`, None for the fastest.
        is_fallback: whether `attention` replaces the requested one, which failed its self-test.
        first_rung: first precision of the recipe's ladder to take: engines of those before it failed.
        gate: that the bundle must pass besides parity, None for parity alone.
        platform: machine that compiles the engines later: the bundle is then portable. None for this one.
        shared: working folder with what several builds of one checkpoint have in common, None for one build.
        adapter: folder of a LoRA adapter to merge into the weights, None for none.
    """

    model: str
    output: Path | None = None
    target: Target = "ort-cpu"
    precision: str | None = None
    calibrate_on: Path | None = None
    rounding: str | None = None
    hub: HubOptions = field(default_factory=HubOptions)
    force: bool = False
    recipe: str | None = None
    capabilities: tuple[str, ...] = ()
    attention: Attention | None = None
    is_fallback: bool = False
    first_rung: int = 0
    lowering: Lowering | None = None
    kv_cache_dtype: ComputeDtype | None = None
    gate: GateOptions | None = None
    platform: Platform | None = None
    shared: Workspace | None = None
    adapter: Path | None = None


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """A build whose every input is known.

    Attributes:
        checkpoint: what to export; its provenance names the recordings too.
        target: back end.
        bundle: folder to install to.
        export: of the graphs.
        recordings: to calibrate on.
        engines: what engines to build from the graphs, None for a bundle of graphs.
        shared: see `BuildOptions`.
    """

    checkpoint: Checkpoint
    target: Target
    bundle: Path
    export: ExportConfig
    recordings: tuple[Recording, ...]
    engines: EnginePlan | None
    shared: Workspace | None = None

    @property
    def is_portable(self) -> bool:
        """Whether the bundle holds graphs whose engines are compiled on another machine."""
        return self.engines is not None and self.engines.machine.library is None

    @property
    def key(self) -> str:
        """Digest of all inputs of the bundle."""
        precision = self.engines.requested if self.engines else self.export.precision
        engines = self.engines.key if self.engines else ""
        return build_key(self.checkpoint.provenance, self.target, precision) + engines

    @property
    def fallback_bundles(self) -> tuple[Path, ...]:
        """Folders where builds with the recipe's next precisions would be, if the user names no folder."""
        later = self.engines.ladder[self.engines.rung + 1 :] if self.engines else ()
        return tuple(
            self.bundle.with_name(f"{self.checkpoint.source.name}.{self.target}.{rung.precision}")
            for rung in later
        )


def plan_build(options: BuildOptions, on_line: Callable[[str], None]) -> BuildPlan:
    """Find checkpoint, recipe, library and recordings.

    Raises:
        EdgeAsrError: one of them is missing, or they do not fit together.
    """
    adapter = options.adapter.expanduser() if options.adapter else None
    source = resolve(options.model, options.hub)
    if adapter:
        source = replace(source, name=f"{source.name}-{adapter.resolve().name.lower()}")
    checkpoint = read_checkpoint(source, adapter)
    engines = _engines(options, checkpoint, on_line)
    export = engines.export if engines else _choose_export(options, checkpoint)
    recordings = _recordings(options, export)
    export = with_rounding(export, options.rounding, has_recordings=bool(recordings), on_line=on_line)
    backend = options.platform.name if options.platform else options.target
    name = f"{checkpoint.source.name}.{backend}.{export.precision}"
    return BuildPlan(
        checkpoint=_recorded(checkpoint, recordings, export, options),
        target=options.target,
        bundle=(options.output or Path("engines") / name).expanduser().absolute(),
        export=export,
        recordings=recordings,
        engines=engines,
        shared=options.shared,
    )


def _engines(
    options: BuildOptions, checkpoint: Checkpoint, on_line: Callable[[str], None]
) -> EnginePlan | None:
    """Plan the engines, None for a bundle of graphs."""
    if options.target in ENGINE_TARGETS:
        engine_options = EngineOptions(
            options.target,
            options.precision,
            options.recipe,
            options.capabilities,
            options.attention,
            options.is_fallback,
            options.first_rung,
        )
        if options.platform is None:
            return plan_engines(engine_options, checkpoint.config, on_line)
        machine, recipe = machine_of(options.platform, options.recipe)
        on_line(f"for {options.platform.name}: TensorRT {machine.version}, recipe {recipe}")
        return plan_for(machine, replace(engine_options, recipe=recipe), checkpoint.config, on_line)
    if options.capabilities or options.attention:
        raise UsageError(
            f"--compute-capability and --attention are for engines; --target {options.target} has none. "
            f"Leave them out, or choose --target {' or '.join(ENGINE_TARGETS)}."
        )
    return None


def _choose_export(options: BuildOptions, checkpoint: Checkpoint) -> ExportConfig:
    """Return the export config of a bundle of graphs."""
    on_gpu, config = options.target == "ort-cuda", checkpoint.config
    lowering = "cuda" if on_gpu else options.lowering
    if options.recipe is not None:
        export = export_from_recipe(options.recipe, options.precision, config, lowering)
    else:
        precision = options.precision or ("fp16" if on_gpu else "fp32")
        export = export_config(precision, lowering, kind=config.kind, num_layers=config.text.num_layers)
    if options.kv_cache_dtype is not None and config.kind == "aligner":
        raise UsageError(f"{options.model}: an aligner has no cache. Leave --kv-cache-dtype out.")
    return replace(export, cache_dtype=options.kv_cache_dtype)


def _recordings(options: BuildOptions, export: ExportConfig) -> tuple[Recording, ...]:
    """Find the calibration recordings before anything is built."""
    if options.calibrate_on is None:
        if export.plan.is_calibrated:
            raise UsageError(
                f"Precision {export.precision!r} quantises activations and needs recordings to calibrate on. "
                f"Name a folder, a list or a file with --calibrate-on: a minute of speech like yours will do."
            )
        return ()
    if not export.plan.components:
        raise UsageError(
            f"Precision {export.precision!r} quantises nothing and takes no recordings. "
            f"Leave --calibrate-on out, or choose --precision int8 or int4."
        )
    return read_recordings(options.calibrate_on)


def _recorded(
    checkpoint: Checkpoint, recordings: tuple[Recording, ...], export: ExportConfig, options: BuildOptions
) -> Checkpoint:
    """Add recordings and how codes are chosen to the provenance: other recordings make another bundle.

    The requested flags are recorded too, for the command that builds the bundle again.
    """
    provenance, source = checkpoint.provenance, options.calibrate_on
    # Engines have fixed exceptions, and a fallback to another lowering answers the same request.
    stated = replace(export, overrides=()) if options.target in ENGINE_TARGETS else export
    recorded = msgspec.structs.replace(
        provenance,
        checkpoint_files=provenance.checkpoint_files | digests(recordings) | export_digests(stated),
        calibrate_on=None if source is None else str(source.expanduser().absolute()),
        rounding=options.rounding,
    )
    return replace(checkpoint, provenance=recorded)
