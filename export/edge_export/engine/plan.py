"""What engines a build is to make, decided before its first stage runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from edge_export.engine.builder.library import EngineTarget, load_library
from edge_export.engine.builder.lowering import choose_lowering
from edge_export.engine.capability import parse_capabilities
from edge_export.engine.gpu import find_gpu
from edge_export.engine.ladder import Rung, first_usable, rung_of, rungs, usable_memory
from edge_export.engine.machine import EngineMachine
from edge_export.engine.memory import graph_bytes
from edge_export.engine.recipes.recipe import load_recipe, shipped_recipes
from edge_export.engine.recipes.recipe_choice import GENERIC, choose_recipe, model_recipe
from edge_export.engine.record import engine_records, engines_key, precision_flag, with_fallback
from edge_runtime.errors import UsageError

if TYPE_CHECKING:
    from edge_export.checkpoint.config import ModelConfig
    from edge_export.engine.builder.library import TrtLibrary
    from edge_export.engine.builder.lowering import Attention, EngineLowering
    from edge_export.engine.recipes.recipe import ModelRecipe, Recipe
    from edge_export.graphs.export_config import ExportConfig
    from edge_runtime.bundle.specs import EngineRecord

ENGINE_TARGETS: Final = ("tensorrt", "tensorrt-rtx")


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """Options of the user.

    Attributes:
        target: back end.
        precision: key of the recipe's precisions; None takes the recipe's ladder for the model.
        recipe: name or path; None chooses by GPU.
        capabilities: GPUs to compile ahead for, as the user wrote them.
        attention: how to compute it; None takes the recipe's choice.
        is_fallback: whether `attention` replaces the requested one, which failed its self-test.
        first_rung: first precision of the ladder to take: those before it failed.
    """

    target: EngineTarget
    precision: str | None = None
    recipe: str | None = None
    capabilities: tuple[str, ...] = ()
    attention: Attention | None = None
    is_fallback: bool = False
    first_rung: int = 0

    @property
    def lowering(self) -> EngineLowering | None:
        """The requested lowering, None for the default."""
        return "legacy" if self.attention == "primitive" else None


@dataclass(frozen=True, slots=True)
class EnginePlan:
    """The engines that will be built.

    Attributes:
        machine: what they are for.
        recipe: name of the recipe.
        export: of the graphs.
        chosen: the recipe's part for the model.
        records: component → its engine's record, without the hashes of its graph.
        ladder: precisions of the recipe, or the one that the user named.
        rung: index of the precision in the ladder.
        requested: the precision that would be built if none had failed.
        disk: bytes of the engines.
        usable_memory: bytes of the machine that engines may take.
    """

    machine: EngineMachine
    recipe: str
    export: ExportConfig
    chosen: ModelRecipe
    records: Mapping[str, EngineRecord]
    ladder: tuple[Rung, ...]
    rung: int
    requested: str
    disk: int
    usable_memory: int

    @property
    def key(self) -> str:
        """Digest of all that shapes the engines, apart from the graphs themselves."""
        return engines_key(self.records)

    @property
    def library(self) -> TrtLibrary:
        """The library that builds."""
        assert self.machine.library is not None, "these engines are built elsewhere"
        return self.machine.library

    @property
    def memory(self) -> int:
        """Bytes that building needs at its peak."""
        return self.ladder[self.rung].build_memory

    @property
    def next_rung(self) -> int | None:
        """Index of the next precision to try, None after the last."""
        return first_usable(self.ladder, self.rung + 1)


@dataclass(frozen=True, slots=True)
class _RecipeChoice:
    """A recipe, its part for a model, and that model's ladder."""

    name: str
    recipe: Recipe
    chosen: ModelRecipe
    ladder: tuple[Rung, ...]


def plan_engines(options: EngineOptions, config: ModelConfig, on_line: Callable[[str], None]) -> EnginePlan:
    """Decide library, lowering, recipe, precision and GPUs for this machine.

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
    machine = EngineMachine(options.target, library.version, gpu, library)
    return plan_for(machine, options, config, on_line)


def plan_for(
    machine: EngineMachine, options: EngineOptions, config: ModelConfig, on_line: Callable[[str], None]
) -> EnginePlan:
    """Decide lowering, recipe, precision and GPUs for a machine; see `plan_engines`."""
    lowering = choose_lowering(options.target, machine.release, options.lowering)
    on_line(f"lowering {lowering.lowering}: {lowering.reason}")
    choice = _choose(machine, options, config, lowering.lowering)
    chosen = _with_policy(choice.chosen, options.attention)
    on_line(f"recipe {choice.name}: {chosen.reason}")
    if chosen.buckets:
        on_line(f"cache rows: a step reads {' or '.join(map(str, chosen.buckets))}, as few as hold its text")
    first, rung = (_rung_from(choice, start) for start in (0, options.first_rung))
    for passed in choice.ladder[:rung]:
        if passed.obstacle is not None:
            on_line(f"precision {passed.precision} is passed over: {passed.obstacle}")
    selected, requested = choice.ladder[rung], choice.ladder[first].precision
    if selected.obstacle is not None:
        on_line(f"precision {selected.precision} may fail: {selected.obstacle}")
    capabilities = _capabilities(machine, options, choice.recipe)
    records = engine_records(
        machine,
        choice.name,
        chosen,
        config,
        capabilities,
        lowering=lowering.lowering,
        precision=selected.precision,
    )
    if options.is_fallback:
        records = with_fallback(records, "lowering=modern")
    if selected.precision != requested:
        records = with_fallback(records, precision_flag(requested))
    return EnginePlan(
        machine,
        choice.name,
        selected.export,
        chosen,
        records,
        choice.ladder,
        rung,
        requested,
        sum(graph_bytes(config, selected.components, lowering.lowering).values()),
        usable_memory(choice.recipe, machine),
    )


def _choose(
    machine: EngineMachine, options: EngineOptions, config: ModelConfig, lowering: EngineLowering
) -> _RecipeChoice:
    """Return the requested recipe, or that of the GPU; the generic one where none of its precisions fits."""
    recipes = {} if options.recipe else shipped_recipes()
    name = options.recipe or choose_recipe(recipes, options.target, machine.gpu)
    choice = _read(name, machine, options, config, lowering)
    is_open = options.recipe is None and options.target == "tensorrt" and name != GENERIC
    if is_open and GENERIC in recipes and first_usable(choice.ladder) is None:
        generic = _read(GENERIC, machine, options, config, lowering)
        return choice if first_usable(generic.ladder) is None else generic
    return choice


def _read(
    name: str,
    machine: EngineMachine,
    options: EngineOptions,
    config: ModelConfig,
    lowering: EngineLowering,
) -> _RecipeChoice:
    recipe = load_recipe(name)
    chosen = model_recipe(recipe, config, name)
    if options.precision is None:
        return _RecipeChoice(name, recipe, chosen, rungs(recipe, chosen, config, machine, lowering))
    if options.precision not in recipe.precisions:
        raise UsageError(
            f"--precision {options.precision!r} is not in recipe {name!r}; it has "
            f"{', '.join(recipe.precisions)}."
        )
    rung = rung_of(options.precision, recipe, chosen, config, machine, lowering)
    return _RecipeChoice(name, recipe, chosen, (rung,))


def _rung_from(choice: _RecipeChoice, start: int) -> int:
    """Return the index of the first usable rung from `start` on; the last where none is usable."""
    index = first_usable(choice.ladder, start)
    return len(choice.ladder) - 1 if index is None else index


def _with_policy(chosen: ModelRecipe, attention: Attention | None) -> ModelRecipe:
    if attention is None or attention == "primitive":
        return chosen
    return msgspec.structs.replace(chosen, attention=attention)


def _capabilities(machine: EngineMachine, options: EngineOptions, recipe: Recipe) -> tuple[str, ...]:
    gpu = machine.gpu
    if gpu is None:
        return parse_capabilities(options.capabilities or recipe.compute_capabilities)
    if options.capabilities:
        raise UsageError(
            f"--compute-capability is for --target tensorrt-rtx: {machine.target} {machine.version} builds "
            f"for the GPU of this machine, {gpu.name}."
        )
    return (gpu.compute_capability,)
