"""What engines a build is to make, decided before its first stage runs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

import msgspec

from edge_export.engine.builder.library import EngineTarget, load_library
from edge_export.engine.builder.lowering import choose_lowering
from edge_export.engine.capability import parse_capabilities
from edge_export.engine.gpu import find_gpu
from edge_export.engine.memory import build_memory, graph_bytes
from edge_export.engine.recipes.recipe import load_recipe, shipped_recipes
from edge_export.engine.recipes.recipe_choice import choose_recipe, model_recipe
from edge_export.graphs.export_config import DYNAMIC, ExportConfig
from edge_runtime.backends.session import host_platform
from edge_runtime.bundle.specs import DimRange, EngineProfile, EngineRecord
from edge_runtime.errors import UsageError

if TYPE_CHECKING:
    from edge_export.checkpoint.config import ModelConfig
    from edge_export.engine.builder.library import TrtLibrary
    from edge_export.engine.builder.lowering import Attention, AttentionPolicy, EngineLowering
    from edge_export.engine.recipes.recipe import ModelRecipe, ProfileRecipe, Recipe
    from edge_export.quantize.plans import GraphPrecision
    from edge_runtime.backends.cuda.runtime import CudaDevice
    from edge_runtime.bundle.manifest import Manifest

ENGINE_TARGETS: Final = ("tensorrt", "tensorrt-rtx")


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """Options of the user.

    Attributes:
        target: back end.
        precision: key of the recipe's precisions; None takes the recipe's choice for the model.
        recipe: name or path; None chooses by GPU.
        capabilities: GPUs to compile ahead for, as the user wrote them.
        attention: how to compute it; None takes the recipe's choice.
        is_fallback: whether `attention` replaces the requested one, which failed its self-test.
    """

    target: EngineTarget
    precision: str | None = None
    recipe: str | None = None
    capabilities: tuple[str, ...] = ()
    attention: Attention | None = None
    is_fallback: bool = False

    @property
    def lowering(self) -> EngineLowering | None:
        """The requested lowering, None for the default."""
        return "legacy" if self.attention == "primitive" else None


@dataclass(frozen=True, slots=True)
class EnginePlan:
    """The engines that will be built.

    Attributes:
        library: the library that builds.
        export: of the graphs.
        chosen: the recipe's part for the model.
        records: component → its engine's record, without the hashes of its graph.
        memory: bytes that building needs at its peak.
        disk: bytes of the engines.
    """

    library: TrtLibrary
    export: ExportConfig
    chosen: ModelRecipe
    records: Mapping[str, EngineRecord]
    memory: int
    disk: int

    @property
    def key(self) -> str:
        """Digest of all that shapes the engines, apart from the graphs themselves."""
        return engines_key(self.records)


def plan_engines(options: EngineOptions, config: ModelConfig, on_line: Callable[[str], None]) -> EnginePlan:
    """Decide library, lowering, recipe and GPUs.

    Args:
        options: of the user.
        config: geometry of the checkpoint.
        on_line: called with each choice and its reason.

    Raises:
        BackendUnavailableError: the library is not installed, or there is no GPU where one is needed.
        UsageError: the recipe does not fit.
    """
    library = load_library(options.target)
    gpu = None if library.compiles_ahead else find_gpu()
    lowering = choose_lowering(options.target, library.release, options.lowering)
    on_line(f"lowering {lowering.lowering}: {lowering.reason}")
    name = options.recipe or choose_recipe(shipped_recipes(), options.target, gpu)
    recipe = load_recipe(name)
    chosen = _with_policy(model_recipe(recipe, config, name), options.attention)
    on_line(f"recipe {name}: {chosen.reason}")
    export = ExportConfig(
        precision=options.precision or chosen.precision,
        components=(precisions := _precisions(recipe, options.precision or chosen.precision, config, name)),
        compute="float16",
        lowering=lowering.lowering,
        kv_capacity=chosen.kv_capacity or DYNAMIC,
    )
    capabilities = _capabilities(library, options, recipe, gpu)
    records = {
        component: _record(
            library, name, lowering.lowering, chosen, _profiles(profiles, config), capabilities, gpu
        )
        for component, profiles in chosen.profiles.items()
    }
    if options.is_fallback:
        records = {
            component: _with_fallback_flag(record, "lowering=modern") for component, record in records.items()
        }
    disk = sum(graph_bytes(config, precisions).values())
    return EnginePlan(library, export, chosen, records, build_memory(config, precisions), disk)


def recorded_key(manifest: Manifest) -> str:
    """Return the key of a bundle's engines; empty for a bundle of graphs."""
    records = {name: item.engine for name, item in manifest.components.items() if item.engine is not None}
    return engines_key(records) if records else ""


def engines_key(records: Mapping[str, EngineRecord]) -> str:
    """Return a digest of engine records as requested, without the hashes of their graphs."""
    bare = {
        name: msgspec.structs.replace(record, onnx={}, flags=_requested_flags(record.flags))
        for name, record in records.items()
    }
    return hashlib.sha256(msgspec.json.encode(bare, order="sorted")).hexdigest()


def with_attention(record: EngineRecord, used: AttentionPolicy) -> EngineRecord:
    """Return the record of an engine with the attention policy that passed the self-test."""
    flag = f"attention={used}"
    if flag in record.flags:
        return record
    requested = next(each for each in record.flags if each.startswith("attention="))
    changed = msgspec.structs.replace(record, flags=tuple(sorted({*record.flags, flag} - {requested})))
    return _with_fallback_flag(changed, requested)


_FALLBACK_PREFIX: Final = "instead_of:"


def _with_fallback_flag(record: EngineRecord, requested: str) -> EngineRecord:
    """Record the requested value of a flag that a self-test replaced."""
    return msgspec.structs.replace(record, flags=tuple(sorted({*record.flags, _FALLBACK_PREFIX + requested})))


def _requested_flags(flags: tuple[str, ...]) -> tuple[str, ...]:
    """Return flags as requested, before self-tests: a build with a fallback counts as up to date."""
    requested = {flag.removeprefix(_FALLBACK_PREFIX) for flag in flags if flag.startswith(_FALLBACK_PREFIX)}
    names = {flag.split("=")[0] for flag in requested}
    current = {
        flag for flag in flags if not flag.startswith(_FALLBACK_PREFIX) and flag.split("=")[0] not in names
    }
    return tuple(sorted(current | requested))


def _with_policy(chosen: ModelRecipe, attention: Attention | None) -> ModelRecipe:
    if attention is None or attention == "primitive":
        return chosen
    return msgspec.structs.replace(chosen, attention=attention)


def _precisions(recipe: Recipe, precision: str, config: ModelConfig, name: str) -> dict[str, GraphPrecision]:
    if precision not in recipe.precisions:
        raise UsageError(
            f"--precision {precision!r} is not in recipe {name!r}; it has {', '.join(recipe.precisions)}."
        )
    precision_recipe = recipe.precisions[precision]
    head = "decoder" if config.kind == "asr" else "aligner"
    return {part: cast("GraphPrecision", getattr(precision_recipe, part)) for part in ("encoder", head)}


def _capabilities(
    library: TrtLibrary, options: EngineOptions, recipe: Recipe, gpu: CudaDevice | None
) -> tuple[str, ...]:
    if gpu is None:
        return parse_capabilities(options.capabilities or recipe.compute_capabilities)
    if options.capabilities:
        raise UsageError(
            f"--compute-capability is for --target tensorrt-rtx: {library.target} {library.version} builds "
            f"for the GPU of this machine, {gpu.name}."
        )
    return (gpu.compute_capability,)


def _profiles(recipes: Mapping[str, ProfileRecipe], config: ModelConfig) -> tuple[EngineProfile, ...]:
    profiles = []
    for name, recipe in recipes.items():
        ranges = recipe.ranges()
        if "frames" in ranges:
            audio = config.audio
            low, tuned, high = (size // audio.chunk_frames * audio.chunk_tokens for size in ranges["frames"])
            ranges["tokens"] = (low, tuned, high)
        dims = {dim: DimRange(min=s[0], opt=s[1], max=s[2]) for dim, s in sorted(ranges.items())}
        profiles.append(EngineProfile(name=name, dims=dims))
    return tuple(profiles)


def _record(
    library: TrtLibrary,
    recipe: str,
    lowering: EngineLowering,
    chosen: ModelRecipe,
    profiles: tuple[EngineProfile, ...],
    capabilities: tuple[str, ...],
    gpu: CudaDevice | None,
) -> EngineRecord:
    has_cache = any("audio_tokens" in profile.dims and "slots" not in profile.dims for profile in profiles)
    return EngineRecord(
        builder=library.target,
        version=library.version,
        platform=host_platform(),
        compute_capabilities=capabilities,
        gpu=gpu.name if gpu else None,
        multiprocessors=gpu.multiprocessors if gpu else None,
        gpu_memory=gpu.memory if gpu else None,
        driver=gpu.driver if gpu else None,
        onnx={},
        profiles=profiles,
        flags=(f"attention={chosen.attention}", f"lowering={lowering}", "strongly_typed"),
        kv_capacity=chosen.kv_capacity if has_cache else None,
        recipe=recipe,
    )
