"""Optimisation profiles of an engine, from a recipe; those of a decoder for each bucket of cache rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from edge_runtime.bundle.specs import CAPACITY_DIM, DimRange, EngineProfile

if TYPE_CHECKING:
    from edge_export.checkpoint.config import ModelConfig
    from edge_export.engine.recipes.recipe import ModelRecipe, ProfileRecipe


def engine_profiles(component: str, chosen: ModelRecipe, config: ModelConfig) -> tuple[EngineProfile, ...]:
    """Return the profiles of a component, in the engine's order.

    Those of an encoder have the tokens that follow from frames, those of a decoder the cache rows that a call
    reads. A profile for prompts takes any of the buckets: a prompt is bound by arithmetic. One for steps
    becomes one for each bucket, whose number of rows is fixed.

    Steps of one token and calls that verify a draft are apart: with several tokens TensorRT computes
    attention of `modern` graphs as primitives, and writes keys and values once for every query head
    (`bench/results/step-bytes-2026-11-30.md`). Both lowerings have the same profiles, since a build may
    replace one by the other.

    Args:
        component: name of the graph.
        chosen: the recipe's part for the model.
        config: geometry of the checkpoint.
    """
    profiles = (_stated(name, recipe, config) for name, recipe in chosen.profiles[component].items())
    if component != "decoder":
        return tuple(profiles)
    return tuple(each for profile in profiles for each in _bucketed(profile, chosen.buckets))


def _stated(name: str, recipe: ProfileRecipe, config: ModelConfig) -> EngineProfile:
    ranges = recipe.ranges()
    if "frames" in ranges:
        audio = config.audio
        low, tuned, high = (size // audio.chunk_frames * audio.chunk_tokens for size in ranges["frames"])
        ranges["tokens"] = (low, tuned, high)
    dims = {dim: DimRange(min=s[0], opt=s[1], max=s[2]) for dim, s in sorted(ranges.items())}
    return EngineProfile(name=name, dims=dims)


def _bucketed(profile: EngineProfile, buckets: Sequence[int]) -> Iterator[EngineProfile]:
    any_bucket = DimRange(min=buckets[0], opt=buckets[0], max=buckets[-1])
    tokens = profile.dims["sequence"]
    if tokens.opt > 1:
        yield _with(profile, {CAPACITY_DIM: any_bucket})
        return
    one = _fixed(1)
    step = _with(profile, {"sequence": one, "scored": one})
    for size in buckets:
        yield _with(step, {CAPACITY_DIM: _fixed(size)}, f"{profile.name}-{size}")
    if tokens.max > 1:
        several = DimRange(min=2, opt=tokens.max, max=tokens.max)
        dims = {"sequence": several, "scored": several, CAPACITY_DIM: any_bucket}
        yield _with(profile, dims, f"{profile.name}-draft")


def _with(profile: EngineProfile, dims: dict[str, DimRange], name: str | None = None) -> EngineProfile:
    return msgspec.structs.replace(profile, name=name or profile.name, dims={**profile.dims, **dims})


def _fixed(size: int) -> DimRange:
    return DimRange(min=size, opt=size, max=size)
