"""A decoder's engine has a step profile for each bucket of cache rows."""

from __future__ import annotations

from itertools import product

import msgspec
import pytest

from edge_export.checkpoint.released import released_config
from edge_export.engine.device_table import DEVICES
from edge_export.engine.plan import EngineOptions, plan_for
from edge_export.engine.recipes.profiles import engine_profiles
from edge_export.engine.recipes.recipe import ModelClass, ModelRecipe, load_recipe, shipped_recipes
from edge_runtime.bundle.specs import EngineProfile

CONFIG = released_config("0.6b")


def thor() -> ModelRecipe:
    return load_recipe("thor").models["0.6b"]


def dim(profile: EngineProfile, name: str) -> tuple[int, int, int]:
    size = profile.dims[name]
    return size.min, size.opt, size.max


@pytest.mark.parametrize(
    ("capacity", "buckets"),
    [(4096, (512, 1024, 2048, 4096)), (1024, (512, 1024)), (1088, (512, 1088)), (960, (960,)), (512, (512,))],
)
def test_buckets_double_up_to_the_capacity(capacity: int, buckets: tuple[int, ...]) -> None:
    assert msgspec.structs.replace(thor(), kv_capacity=capacity).buckets == buckets


def test_a_recipe_can_name_buckets_or_none() -> None:
    assert msgspec.structs.replace(thor(), kv_buckets=(256,)).buckets == (256, 4096)
    assert msgspec.structs.replace(thor(), kv_buckets=()).buckets == (4096,)


def test_steps_have_one_token_and_drafts_a_profile_of_their_own() -> None:
    prefill, *steps, draft = engine_profiles("decoder", thor(), CONFIG)
    assert {dim(each, name) for each in steps for name in ("sequence", "scored")} == {(1, 1, 1)}
    assert [dim(each, "kv_capacity")[2] for each in steps] == [512, 1024, 2048, 4096]
    assert (draft.name, dim(draft, "sequence"), dim(draft, "scored")) == ("step-draft", (2, 8, 8), (2, 8, 8))
    assert dim(draft, "kv_capacity") == dim(prefill, "kv_capacity") == (512, 512, 4096)
    assert {dim(each, "batch") for each in (*steps, draft)} == {(1, 1, 16)}


CALLS = ((1, 1), (2, 2), (8, 8), (3, 1), (128, 1))
"""Tokens of calls and how many of them are scored: steps, drafts and pieces of a prompt."""


def takes(profile: EngineProfile, sizes: dict[str, int]) -> bool:
    return all(profile.dims[name].min <= size <= profile.dims[name].max for name, size in sizes.items())


@pytest.mark.parametrize("model", ["mini", "0.6b", "1.7b"])
def test_every_call_of_a_decoder_is_in_a_profile_of_every_recipe(model: ModelClass) -> None:
    for recipe in shipped_recipes().values():
        chosen = recipe.models[model]
        profiles = engine_profiles("decoder", chosen, CONFIG)
        for rows, (sequence, scored) in product(chosen.buckets, CALLS):
            sizes = {"kv_capacity": rows, "sequence": sequence, "scored": scored, "batch": 1}
            assert any(takes(profile, sizes) for profile in profiles), sizes


@pytest.mark.parametrize("model", ["mini", "0.6b", "1.7b"])
def test_first_passes_of_streams_are_in_a_profile_whatever_they_keep(model: ModelClass) -> None:
    # 52 to 471 tokens were met: in pieces of the largest prompt, with the audio of a segment of 30 s.
    for recipe in shipped_recipes().values():
        chosen = recipe.models[model]
        profiles = engine_profiles("decoder", chosen, CONFIG)
        chunk = max(profile.dims["sequence"].max for profile in profiles)
        for rows, length in product(chosen.buckets, range(52, 472)):
            for piece in {min(length, chunk), length % chunk or chunk}:
                sizes = {"kv_capacity": rows, "sequence": piece, "scored": 1, "batch": 1, "audio_tokens": 390}
                assert any(takes(profile, sizes) for profile in profiles), sizes


def test_a_build_that_falls_back_to_primitives_has_the_key_of_the_request() -> None:
    (device,) = (each for each in DEVICES if each.target == "tensorrt-rtx")
    plans = [
        plan_for(device.machine, EngineOptions(device.target, **changes), CONFIG, lambda _: None)
        for changes in ({}, {"attention": "primitive", "is_fallback": True})
    ]
    assert [plan.export.lowering for plan in plans] == ["modern", "legacy"]
    assert plans[0].key == plans[1].key
