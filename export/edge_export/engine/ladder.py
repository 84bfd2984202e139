"""The precisions that a recipe names for a model, the preferred first, and which of them a machine can have.

A precision is passed over where a defect of the library is known, or where its engines do not fit the memory.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from edge_export.engine.memory import build_memory, has_shared_memory, run_memory
from edge_export.graphs.export_config import DYNAMIC, ExportConfig
from edge_export.quantize.plans import engine_overrides

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edge_export.checkpoint.config import ModelConfig
    from edge_export.engine.builder.lowering import EngineLowering
    from edge_export.engine.machine import EngineMachine
    from edge_export.engine.recipes.recipe import ModelRecipe, Recipe
    from edge_export.quantize.plans import GraphPrecision

_GB: Final = 1e9


@dataclass(frozen=True, slots=True)
class Hazard:
    """A precision that some versions of TensorRT build wrongly, or not at all, for some GPUs.

    Attributes:
        precision: as a recipe names it.
        capabilities: compute capabilities of the GPUs.
        first: first release with the defect.
        last: last release that is known to have it.
        reason: what happens, and the source.
    """

    precision: str
    capabilities: frozenset[str]
    first: tuple[int, int]
    last: tuple[int, int]
    reason: str

    def applies_to(self, precision: str, machine: EngineMachine) -> bool:
        """Return whether a build of a precision on a machine meets the defect."""
        return (
            machine.target == "tensorrt"
            and machine.gpu is not None
            and precision == self.precision
            and machine.gpu.compute_capability in self.capabilities
            and self.first <= machine.release <= self.last
        )


HAZARDS: Final = (
    Hazard(
        "int8-w8a8",
        frozenset({"8.7"}),
        (10, 16),
        (10, 16),
        "TensorRT 10.16 refuses int8 codes with float16 scales beside float32 sums on compute capability 8.7 "
        "(github.com/NVIDIA/TensorRT issue 4832)",
    ),
)


@dataclass(frozen=True, slots=True)
class Rung:
    """One precision of a ladder.

    Attributes:
        precision: as a recipe names it.
        export: of the graphs.
        run_memory: bytes that the engines need at run time.
        build_memory: bytes that building them needs at its peak.
        obstacle: why it is passed over; None where it is not.
    """

    precision: str
    export: ExportConfig
    run_memory: int
    build_memory: int
    obstacle: str | None = None

    @property
    def components(self) -> Mapping[str, GraphPrecision]:
        """Precision of each graph."""
        return self.export.components


def rungs(
    recipe: Recipe,
    chosen: ModelRecipe,
    config: ModelConfig,
    machine: EngineMachine,
    lowering: EngineLowering,
) -> tuple[Rung, ...]:
    """Return the ladder of a model on a machine, in the recipe's order."""
    return tuple(rung_of(name, recipe, chosen, config, machine, lowering) for name in chosen.ladder)


def first_usable(ladder: Sequence[Rung], start: int = 0) -> int | None:
    """Return the index of the first rung from `start` on without an obstacle, None where there is none."""
    return next((index for index in range(start, len(ladder)) if ladder[index].obstacle is None), None)


def usable_memory(recipe: Recipe, machine: EngineMachine) -> int:
    """Return the bytes that engines may take: of the machine's GPU, or of the recipe's smallest device."""
    memory = machine.gpu.memory if machine.gpu else recipe.memory_gb * _GB
    return round(memory - recipe.reserved_gb * _GB)


def rung_of(
    precision: str,
    recipe: Recipe,
    chosen: ModelRecipe,
    config: ModelConfig,
    machine: EngineMachine,
    lowering: EngineLowering,
) -> Rung:
    """Return one precision of a recipe on a machine; of one that the user named the obstacle only warns."""
    components = recipe.precisions[precision].components(config.kind)
    export = ExportConfig(
        precision=precision,
        components=components,
        compute="float16",
        lowering=lowering,
        kv_capacity=chosen.kv_capacity or DYNAMIC,
        overrides=engine_overrides(config.kind),
    )
    rung = Rung(
        precision,
        export,
        run_memory(config, chosen, export, shares_memory=_shares_memory(machine)),
        build_memory(config, components, lowering),
    )
    return replace(rung, obstacle=_obstacle(rung, recipe, machine))


def _obstacle(rung: Rung, recipe: Recipe, machine: EngineMachine) -> str | None:
    for hazard in HAZARDS:
        if hazard.applies_to(rung.precision, machine):
            return hazard.reason
    usable = usable_memory(recipe, machine)
    if rung.run_memory > usable:
        return f"its engines need {rung.run_memory / _GB:.1f} GB, {usable / _GB:.1f} GB are for them"
    if _shares_memory(machine) and rung.build_memory > usable:
        return f"building needs {rung.build_memory / _GB:.1f} GB, {usable / _GB:.1f} GB are for it"
    return None


def _shares_memory(machine: EngineMachine) -> bool:
    return machine.gpu is not None and has_shared_memory(machine.gpu)
