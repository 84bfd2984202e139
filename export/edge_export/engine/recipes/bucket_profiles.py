"""Profiles of a decoder for each number of cache rows that a step may read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from edge_runtime.bundle.specs import CAPACITY_DIM, DimRange, EngineProfile

if TYPE_CHECKING:
    from edge_export.engine.builder.lowering import EngineLowering


def bucketed(
    profiles: Sequence[EngineProfile], buckets: Sequence[int], lowering: EngineLowering
) -> tuple[EngineProfile, ...]:
    """Return the profiles of a decoder with the cache rows that a call reads.

    A profile for prompts takes any of the buckets: a prompt is bound by arithmetic. One for steps becomes one
    for each bucket, whose number of rows is fixed.

    In graphs of `modern`, steps of one token and calls that verify a draft are apart: with several tokens
    TensorRT computes attention as primitives, and writes keys and values once for every query head
    (`bench/results/step-bytes-2026-11-30.md`).

    Args:
        profiles: of the recipe, without the rows.
        buckets: ascending.
        lowering: of the graphs.
    """
    return tuple(each for profile in profiles for each in _bucketed(profile, buckets, lowering))


def _bucketed(
    profile: EngineProfile, buckets: Sequence[int], lowering: EngineLowering
) -> Iterator[EngineProfile]:
    any_bucket = DimRange(min=buckets[0], opt=buckets[0], max=buckets[-1])
    tokens = profile.dims["sequence"]
    if tokens.opt > 1:
        yield _with(profile, {CAPACITY_DIM: any_bucket})
        return
    splits = lowering == "modern" and tokens.max > 1
    one = _fixed(1)
    step = _with(profile, {"sequence": one, "scored": one}) if splits else profile
    for size in buckets:
        yield _with(step, {CAPACITY_DIM: _fixed(size)}, f"{profile.name}-{size}")
    if splits:
        several = DimRange(min=2, opt=tokens.max, max=tokens.max)
        dims = {"sequence": several, "scored": several, CAPACITY_DIM: any_bucket}
        yield _with(profile, dims, f"{profile.name}-draft")


def _with(profile: EngineProfile, dims: dict[str, DimRange], name: str | None = None) -> EngineProfile:
    return msgspec.structs.replace(profile, name=name or profile.name, dims={**profile.dims, **dims})


def _fixed(size: int) -> DimRange:
    return DimRange(min=size, opt=size, max=size)
