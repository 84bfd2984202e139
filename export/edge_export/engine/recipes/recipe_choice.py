"""Which recipe a build takes, and whether it fits the model.

A recipe fits if it states every dimension of a profile, and none beyond what the model takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from edge_runtime.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge_export.checkpoint.config import ModelConfig
    from edge_export.engine.builder.library import EngineTarget
    from edge_export.engine.recipes.recipe import ModelClass, ModelRecipe, ProfileRecipe, Recipe
    from edge_runtime.backends.cuda.runtime import CudaDevice


DIMENSIONS: Final[Mapping[str, frozenset[str]]] = {
    "encoder": frozenset({"windows", "frames"}),
    "decoder": frozenset({"batch", "sequence", "audio_tokens", "scored"}),
    "aligner": frozenset({"batch", "sequence", "audio_tokens", "slots"}),
}
"""Dimensions that a profile of each component states; tokens of a window follow from its frames."""
ROW_MULTIPLE: Final = 64
"""Of the rows of a cache: the keys of each layer begin at a multiple of 256 bytes, as TensorRT demands."""
_OLDEST: Final = (7, 5)
GENERIC: Final = "generic"
"""Recipe of `tensorrt` for GPUs that no other recipe is for."""
_SIZES: Final = ((1024, "mini"), (2048, "0.6b"))
"""Upper bounds of the hidden size of each class: mini has 192, the released models 1024 and 2048."""


def choose_recipe(recipes: Mapping[str, Recipe], target: EngineTarget, gpu: CudaDevice | None) -> str:
    """Return the name of the recipe of a target for a GPU.

    Among the recipes for its compute capability, the one whose memory is closest to the GPU's. A GPU that
    is newer than all recipes gets the generic one.

    Args:
        recipes: by name.
        target: the back end.
        gpu: of this machine; None when compiling ahead for others.

    Raises:
        UsageError: none fits.
    """
    candidates = {name: recipe for name, recipe in recipes.items() if recipe.target == target}
    if gpu is not None:
        matching = {n: r for n, r in candidates.items() if gpu.compute_capability in r.compute_capabilities}
        newer = {GENERIC: candidates[GENERIC]} if GENERIC in candidates and _is_supported(gpu) else {}
        candidates = matching or newer
    if not candidates:
        gpu_requirement = f" and compute capability {gpu.compute_capability}" if gpu else ""
        raise UsageError(
            f"No recipe for --target {target}{gpu_requirement}; there are: {', '.join(recipes)}. "
            f"Name one with --recipe."
        )
    if gpu is None:
        return min(candidates)
    memory = gpu.memory
    return min(candidates, key=lambda name: abs(candidates[name].memory_gb * 1e9 - memory))


def _is_supported(gpu: CudaDevice) -> bool:
    """Return whether TensorRT 10 and 11 run on a GPU: those of Turing and later."""
    return tuple(map(int, gpu.compute_capability.split("."))) >= _OLDEST


def model_class(config: ModelConfig) -> ModelClass:
    """Return the class of a checkpoint, by its kind and hidden size."""
    if config.kind == "aligner":
        return "aligner"
    if config.text.hidden_size < _SIZES[0][0]:
        return "mini"
    return "0.6b" if config.text.hidden_size < _SIZES[1][0] else "1.7b"


def model_recipe(recipe: Recipe, config: ModelConfig, name: str) -> ModelRecipe:
    """Return a recipe's part for a checkpoint, checked against its geometry.

    Raises:
        UsageError: the recipe has no such model, or a part of it does not fit.
    """
    model = model_class(config)
    if model not in recipe.models:
        raise UsageError(
            f"Recipe {name!r} has no model {model!r}, only {', '.join(recipe.models)}. "
            f"Choose another --recipe."
        )
    chosen = recipe.models[model]
    for problem in _problems(recipe, chosen, config):
        raise UsageError(f"Recipe {name!r}, model {model!r}: {problem}.")
    return chosen


def _problems(recipe: Recipe, chosen: ModelRecipe, config: ModelConfig) -> Iterator[str]:
    expected = {"encoder", "decoder" if config.kind == "asr" else "aligner"}
    if set(chosen.profiles) != expected:
        actual_names, expected_names = (", ".join(sorted(names)) for names in (chosen.profiles, expected))
        yield f"profiles are for {actual_names}; they must be for {expected_names}"
        return
    for precision in chosen.ladder:
        if precision not in recipe.precisions:
            yield f"precision {precision!r} is none of {', '.join(recipe.precisions)}"
    if (chosen.kv_capacity is None) == (config.kind == "asr"):
        yield "kv_capacity is stated for a model that transcribes, and for no other"
        return
    yield from _bucket_problems(chosen.buckets)
    for component, profiles in chosen.profiles.items():
        if not profiles:
            yield f"{component} has no profile"
        for name, profile in profiles.items():
            for problem in _profile_problems(component, profile, chosen, config):
                yield f"{component} profile {name!r}: {problem}"


def _bucket_problems(buckets: tuple[int, ...]) -> Iterator[str]:
    """Yield what is wrong with the capacities of a cache."""
    if any(2 * size > larger for size, larger in pairwise(buckets)):
        yield f"kv_buckets and kv_capacity are {list(buckets)}; each is at least twice the one before"
    if any(size % ROW_MULTIPLE for size in buckets):
        yield f"kv_buckets and kv_capacity are {list(buckets)}; each is a multiple of {ROW_MULTIPLE}"


def _profile_problems(
    component: str, profile: ProfileRecipe, chosen: ModelRecipe, config: ModelConfig
) -> Iterator[str]:
    ranges = profile.ranges()
    if set(ranges) != DIMENSIONS[component]:
        yield f"states {', '.join(sorted(ranges))}; it must state {', '.join(sorted(DIMENSIONS[component]))}"
        return
    for dim, sizes in ranges.items():
        if list(sizes) != sorted(sizes):
            yield f"{dim} {list(sizes)} is not in order: smallest, tuned, largest"
        if dim == "frames" and any(size % config.audio.chunk_frames for size in sizes):
            yield f"frames {list(sizes)} are not multiples of {config.audio.chunk_frames}"
        if sizes[2] > (max_size := _max_size(dim, ranges, chosen, config)):
            yield f"{dim} goes up to {sizes[2]}, the model takes {max_size}"


def _max_size(
    dim: str, ranges: Mapping[str, tuple[int, int, int]], chosen: ModelRecipe, config: ModelConfig
) -> float:
    """Return the largest size that makes sense for a dimension."""
    positions = min(chosen.kv_capacity or config.text.max_positions, config.text.max_positions)
    if dim == "frames":
        return config.audio.window_frames
    if dim in ("sequence", "slots"):
        return positions
    if dim == "scored":
        return ranges["sequence"][2]
    if dim == "audio_tokens":
        # Every sequence of a batch may be audio to its end.
        return positions * ranges["batch"][2]
    return float("inf")
