"""Defaults of a build: lowering, recipe, GPUs, shapes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_export.engine.builder.library import load_library, release_of
from edge_export.engine.builder.lowering import choose_lowering
from edge_export.engine.builder.profiles import input_shapes
from edge_export.engine.capability import parse_capabilities
from edge_export.engine.recipes.recipe import shipped_recipes
from edge_export.engine.recipes.recipe_choice import choose_recipe
from edge_runtime.backends.cuda.runtime import CudaDevice
from edge_runtime.bundle.specs import DimRange, EngineProfile, TensorSpec
from edge_runtime.errors import BackendUnavailableError, UsageError


@pytest.mark.parametrize(
    ("target", "version", "lowering"),
    [
        ("tensorrt", "10.3.0.30", "legacy"),
        ("tensorrt", "10.13.3.9", "legacy"),
        ("tensorrt", "10.14.1.48", "legacy"),
        ("tensorrt", "10.15.1.29", "modern"),
        ("tensorrt", "10.16.2.10", "modern"),
        ("tensorrt", "11.4.0.106", "modern"),
        ("tensorrt-rtx", "1.0.0.21", "modern"),
        ("tensorrt-rtx", "1.7.1.116", "modern"),
    ],
)
def test_the_lowering_follows_from_the_version_and_says_why(target: str, version: str, lowering: str) -> None:
    choice = choose_lowering(target, release_of(version))
    assert choice.lowering == lowering
    assert target in choice.reason


@pytest.mark.parametrize(
    ("capability", "gigabytes", "recipe"),
    [
        ("8.7", 7.4, "orin-nano"),
        ("8.7", 15.7, "orin-nx"),
        ("8.7", 30.7, "agx-orin"),
        ("8.7", 61.4, "agx-orin"),
        ("11.0", 122.8, "thor"),
        ("8.9", 24.0, "datacenter"),
        ("9.0", 80.0, "datacenter"),
    ],
)
def test_a_gpu_gets_the_recipe_of_its_class(capability: str, gigabytes: float, recipe: str) -> None:
    gpu = CudaDevice("some GPU", capability, round(gigabytes * 1e9), "13.2")
    assert choose_recipe(shipped_recipes(), "tensorrt", gpu) == recipe


def test_compiling_ahead_gets_the_desktop_recipe() -> None:
    assert choose_recipe(shipped_recipes(), "tensorrt-rtx", None) == "rtx"


def test_a_gpu_that_no_recipe_is_for_is_refused() -> None:
    with pytest.raises(UsageError, match=r"No recipe for --target tensorrt and compute capability 5\.3"):
        choose_recipe(shipped_recipes(), "tensorrt", CudaDevice("old", "5.3", 4 << 30, "10.2"))


@pytest.mark.parametrize(
    "requested",
    [
        ["8.6", "8.9", "12.0"],
        ["8.6,8.9,12.0"],
        ["8.6 8.9 12.0"],
        ["SM120", "sm_89", "86"],
        ["12.0,8.9", "8.6"],
    ],
)
def test_compute_capabilities_are_read_however_they_are_written(requested: list[str]) -> None:
    assert parse_capabilities(requested) == ("8.6", "8.9", "12.0")


@pytest.mark.parametrize("requested", ["8", "ampere", "8.6.1", "1.2.0"])
def test_what_is_no_compute_capability_is_refused(requested: str) -> None:
    with pytest.raises(UsageError, match=r"--compute-capability .* is none"):
        parse_capabilities([requested])


@pytest.mark.parametrize(("target", "package"), [("tensorrt", "tensorrt"), ("tensorrt-rtx", "tensorrt_rtx")])
def test_a_library_that_is_not_installed_is_named_with_the_way_to_get_it(
    monkeypatch: pytest.MonkeyPatch, target: str, package: str
) -> None:
    monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(BackendUnavailableError, match=f"--target {target} .*(?i:install)"):
        load_library(target)


sizes = st.tuples(st.integers(1, 9), st.integers(0, 9), st.integers(0, 9))


@given(st.fixed_dictionaries({"batch": sizes, "sequence": sizes}))
def test_equal_dimensions_have_equal_sizes_in_every_input(dims: dict[str, tuple[int, int, int]]) -> None:
    ranges = {name: DimRange(min=a, opt=a + b, max=a + b + c) for name, (a, b, c) in dims.items()}
    inputs = (
        TensorSpec(name="ids", dtype="int64", shape=("batch", "sequence")),
        TensorSpec(name="past", dtype="float32", shape=("batch", 2, 7, 4)),
        TensorSpec(name="fixed", dtype="float32", shape=(3, 4)),
    )
    shapes = input_shapes(EngineProfile(name="any", dims=ranges), inputs)
    assert set(shapes) == {"ids", "past"}, "a profile states dynamic inputs only"
    for side in ("min", "opt", "max"):
        batch, sequence = getattr(shapes["ids"], side)
        assert getattr(shapes["past"], side) == (batch, 2, 7, 4)
        assert (batch, sequence) == tuple(getattr(ranges[name], side) for name in ("batch", "sequence"))


def test_a_profile_without_a_dimension_of_the_graph_is_refused() -> None:
    profile = EngineProfile(name="step", dims={})
    with pytest.raises(UsageError, match="'step' has no range for the dimension 'batch' of ids"):
        input_shapes(profile, (TensorSpec(name="ids", dtype="int64", shape=("batch",)),))
