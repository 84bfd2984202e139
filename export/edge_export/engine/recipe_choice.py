"""Which recipe a build gets that names none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_runtime.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge_export.engine.binding import EngineTarget
    from edge_export.engine.gpu import Gpu
    from edge_export.engine.recipe import Recipe


def choose_recipe(recipes: Mapping[str, Recipe], target: EngineTarget, gpu: Gpu | None) -> str:
    """Return the name of the recipe of a target for a GPU.

    Among the recipes for its compute capability, the one whose memory is closest to the GPU's.

    Args:
        recipes: by name.
        target: the back end.
        gpu: of this machine; None when compiling ahead for others.

    Raises:
        UsageError: none fits.
    """
    fitting = {name: recipe for name, recipe in recipes.items() if recipe.target == target}
    if gpu is not None:
        fitting = {n: r for n, r in fitting.items() if gpu.compute_capability in r.compute_capabilities}
    if not fitting:
        asked = f" and compute capability {gpu.compute_capability}" if gpu else ""
        raise UsageError(
            f"No recipe for --target {target}{asked}; there are: {', '.join(recipes)}. "
            f"Name one with --recipe."
        )
    if gpu is None:
        return min(fitting)
    memory = gpu.memory
    return min(fitting, key=lambda name: abs(fitting[name].memory_gb * 1e9 - memory))
