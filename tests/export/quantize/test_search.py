"""The search keeps to its budget, takes the largest gain per byte, and is deterministic."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_export.calibration.recordings import Recording
from edge_export.quantize.recipe import load_quantization_recipe, recipe_toml
from edge_export.tuning.search.candidate import candidates
from edge_export.tuning.search.choice import choose
from edge_export.tuning.search.forced import divergence
from edge_export.tuning.search.run import SearchOptions, search
from edge_runtime.errors import UsageError

TABLE = "language_model.embed_tokens.weight"
NAMES = (
    TABLE,
    *(
        f"language_model.layers.{layer}.{kind}.weight"
        for layer in range(3)
        for kind in ("self_attn.qkv_proj", "mlp.down_proj")
    ),
)
FIGURES = st.lists(st.tuples(st.floats(0, 1), st.integers(1, 100)), min_size=len(NAMES), max_size=len(NAMES))


def _network(figures: list[tuple[float, int]]) -> tuple[dict[str, float], dict[str, int]]:
    harm = {name: figure[0] for name, figure in zip(NAMES, figures, strict=True)}
    price = {name: figure[1] for name, figure in zip(NAMES, figures, strict=True)}
    return harm, price


def test_layers_kinds_and_single_matrices_are_candidates_once_each() -> None:
    actual = {candidate.pattern: candidate.names for candidate in candidates(NAMES)}
    assert len(actual) == len(candidates(NAMES)) == 3 + 2 + len(NAMES)
    assert actual["*.mlp.down_proj.weight"] == {name for name in NAMES if "down" in name}
    assert actual["language_model.layers.2.*"] == {name for name in NAMES if ".2." in name}
    assert actual[TABLE] == {TABLE}


def test_layer_one_does_not_take_in_layer_ten() -> None:
    names = [f"m.layers.{layer}.a.weight" for layer in range(12)]
    actual = {candidate.pattern: candidate.names for candidate in candidates(names)}
    assert actual["m.layers.1.*"] == {"m.layers.1.a.weight"}


@given(FIGURES, st.integers(0, 400))
def test_a_choice_fits_its_budget_lowers_the_error_and_is_the_same_every_time(
    figures: list[tuple[float, int]], budget: int
) -> None:
    harm, price = _network(figures)

    def measure(eight: frozenset[str]) -> float:
        return sum(harm[name] for name in NAMES if name not in eight)

    def cost(names: Collection[str]) -> int:
        return sum(price[name] for name in names)

    steps = choose(candidates(NAMES), measure, cost, budget)
    chosen = frozenset(name for step in steps for name in step.candidate.names)
    assert sum(step.bytes for step in steps) == cost(chosen) <= budget
    assert all(step.after < step.before for step in steps)
    assert choose(candidates(NAMES), measure, cost, budget) == steps


def test_what_gains_most_for_its_bytes_comes_first_and_a_target_ends_the_search() -> None:
    harm = dict.fromkeys(NAMES, 0.001) | {TABLE: 0.5, NAMES[1]: 0.4}
    price = dict.fromkeys(NAMES, 10) | {TABLE: 100}

    def measure(eight: frozenset[str]) -> float:
        return sum(harm[name] for name in NAMES if name not in eight)

    def cost(names: Collection[str]) -> int:
        return sum(price[name] for name in names)

    steps = choose(candidates(NAMES), measure, cost, 10_000)
    assert [step.candidate.pattern for step in steps[:1]] == [NAMES[1]]
    assert steps[-1].after == 0
    assert [step.candidate.pattern for step in choose(candidates(NAMES), measure, cost, 110, 0.2)] == [
        NAMES[1],
        TABLE,
    ]


def test_equal_logits_diverge_by_nothing_and_a_shift_is_no_divergence() -> None:
    logits = np.random.default_rng(0).standard_normal((5, 7))
    same = divergence(logits, logits)
    assert (same.kl, same.rms, same.agreement, same.steps, same.error) == (0, 0, 1, 5, 0)
    assert abs(divergence(logits, logits + 3).kl) < 1e-12
    other = divergence(logits, -logits)
    assert other.kl > 0
    assert other.rms == pytest.approx(2)
    assert other.agreement < 1


def test_a_budget_that_leaves_no_choice_is_refused() -> None:
    with pytest.raises(UsageError, match=r"1\.1"):
        SearchOptions("mini", (), budget=1.0)


def test_an_aligner_is_refused(tiny_aligners: dict[str, Path], recordings: tuple[Recording, ...]) -> None:
    with pytest.raises(UsageError, match="aligner has eight bits"):
        search(SearchOptions(str(tiny_aligners["hf"]), recordings), lambda _: None)


def test_a_checkpoint_gets_a_recipe_within_its_budget(
    tiny_checkpoints: dict[str, Path], recordings: tuple[Recording, ...], tmp_path: Path
) -> None:
    lines: list[str] = []
    options = SearchOptions(str(tiny_checkpoints["hf"]), recordings[:1], budget=1.1)
    recipe = search(options, lines.append)
    assert recipe.overrides
    assert all(each.weights == "int8" and "bytes" in each.reason for each in recipe.overrides)
    sizes = [float(line.split("x bytes")[0].rpartition(" ")[2]) for line in lines if "x bytes" in line]
    assert max(sizes) <= 1.1
    path = tmp_path / "recipe.toml"
    path.write_text(recipe_toml(recipe), "utf-8")
    assert load_quantization_recipe(path) == recipe
