"""Quantization recipes are read strictly, and none stores the encoder below eight bits."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_export.checkpoint.config import ModelConfig
from edge_export.checkpoint.config_file import read_config
from edge_export.graphs.export_config import export_config
from edge_export.pipeline.quantization import export_digests, export_from_recipe, with_rounding
from edge_export.quantize.recipe import (
    OverrideRecipe,
    QuantizationRecipe,
    load_quantization_recipe,
    recipe_toml,
)
from edge_export.quantize.scheme import Override, QuantizationPlan, Scheme
from edge_runtime.errors import UsageError
from tests.export.conftest import MINI, ROOT
from tests.export.quantize.conftest import Calibrated

DOWN = OverrideRecipe(pattern="*.mlp.down_proj.weight", weights="int8", reason='a "figure" of 7 %: \\ ü')
RECIPE = QuantizationRecipe(
    schema="edge-asr/quantisation@1", precision="int4", reason="for a test alone", overrides=(DOWN,)
)


def _written(folder: Path, recipe: QuantizationRecipe, *changes: tuple[str, str]) -> Path:
    text = recipe_toml(recipe)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "recipe.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.fixture
def config(calibrated: Calibrated) -> ModelConfig:
    return calibrated.checkpoint.config


@pytest.mark.parametrize(
    "overrides",
    [
        (),
        (DOWN,),
        (
            DOWN,
            OverrideRecipe(
                pattern="language_model.layers.0.*", weights="int4", block=32, reason="smaller blocks"
            ),
        ),
    ],
)
def test_a_recipe_reads_back_as_it_was_written(tmp_path: Path, overrides: tuple[OverrideRecipe, ...]) -> None:
    recipe = QuantizationRecipe(
        schema="edge-asr/quantisation@1", precision="int4", reason="for a test alone", overrides=overrides
    )
    assert load_quantization_recipe(_written(tmp_path, recipe)) == recipe


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("precision =", "precison ="), "precison"),
        (("weights =", "bits = 4\nweights ="), "bits"),
        (('"int8"', '"int3"'), "int3"),
        (("@1", "@9"), "quantisation@9"),
        (('weights = "int8"', 'weights = "int4"\nblock = 48'), "block of 48"),
        (("schema =", "schema"), "not TOML"),
    ],
)
def test_a_recipe_that_is_not_as_it_should_be_is_refused(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    with pytest.raises(UsageError, match=rf"recipe\.toml: .*{message}"):
        load_quantization_recipe(_written(tmp_path, RECIPE, change))


def test_a_recipe_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--recipe"):
        load_quantization_recipe(tmp_path / "none.toml")


def test_exceptions_of_a_recipe_come_before_those_of_the_precision(
    tmp_path: Path, config: ModelConfig
) -> None:
    export = export_from_recipe(str(_written(tmp_path, RECIPE)), None, config)
    assert export.precision == "int4"
    assert export.plan.scheme("decoder", "language_model.layers.1.mlp.down_proj.weight").weights == "int8"
    assert export.plan.scheme("decoder", "language_model.layers.1.self_attn.o_proj.weight").weights == "int4"
    assert export.plan.scheme("encoder", "audio_tower.layers.0.fc1.weight").weights == "int8"


def test_a_recipe_of_another_precision_is_refused(tmp_path: Path, config: ModelConfig) -> None:
    with pytest.raises(UsageError, match="--precision is int8"):
        export_from_recipe(str(_written(tmp_path, RECIPE)), "int8", config)


def test_a_pattern_that_matches_nothing_is_refused(tmp_path: Path, config: ModelConfig) -> None:
    path = _written(tmp_path, RECIPE, ("*.mlp.down_proj", "*.layers.27.mlp.down_proj"))
    with pytest.raises(UsageError, match="matches no parameter"):
        export_from_recipe(str(path), "int4", config)


@pytest.mark.parametrize(
    "pattern", ["audio_tower.layers.1.fc1.weight", "*", "multi_modal_projector.*", "*fc?.weight"]
)
def test_no_recipe_stores_the_encoder_in_four_bits(tmp_path: Path, config: ModelConfig, pattern: str) -> None:
    path = _written(tmp_path, RECIPE, (DOWN.pattern, pattern), ('weights = "int8"', 'weights = "int4"'))
    with pytest.raises(UsageError, match="encoder keeps at least eight bits"):
        export_from_recipe(str(path), "int4", config)


def test_no_plan_stores_the_encoder_in_four_bits() -> None:
    with pytest.raises(UsageError, match="encoder keeps at least eight bits"):
        QuantizationPlan({"encoder": Scheme("int4")})
    plan = QuantizationPlan({"encoder": Scheme("int8")}, (Override("*", Scheme("int4"), "all"),))
    with pytest.raises(UsageError, match=r"'\*', which takes in audio_tower\.a"):
        plan.scheme("encoder", "audio_tower.a")


@pytest.mark.parametrize(
    ("precision", "requested", "has_recordings", "expected"),
    [
        ("int4", None, True, "gptq"),
        ("int4", None, False, "least-squares"),
        ("int8", None, True, "gptq"),
        ("int8-w8a8", None, True, "least-squares"),
        ("int8-w8a8", "gptq", True, "gptq"),
        ("int4", "nearest", True, "nearest"),
    ],
)
def test_the_rounding_follows_from_what_is_at_hand(
    precision: str,
    requested: str | None,
    has_recordings: bool,  # noqa: FBT001 - a column of the table
    expected: str,
) -> None:
    lines: list[str] = []
    export = with_rounding(
        export_config(precision), requested, has_recordings=has_recordings, on_line=lines.append
    )
    assert export.rounding == expected
    assert [line.split(":")[0] for line in lines] == [f"rounding {expected}"]


@pytest.mark.parametrize(
    ("precision", "requested", "message"),
    [("int4", "gptq", "--calibrate-on"), ("int4", "best", "nearest or"), ("fp32", "nearest", "has none")],
)
def test_a_rounding_that_cannot_be_is_refused(precision: str, requested: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        with_rounding(export_config(precision), requested, has_recordings=False, on_line=lambda _: None)


def test_another_rounding_or_exception_is_another_bundle(tmp_path: Path, config: ModelConfig) -> None:
    plain = export_config("int4")
    nearest = with_rounding(plain, "nearest", has_recordings=False, on_line=lambda _: None)
    mixed = export_from_recipe(str(_written(tmp_path, RECIPE)), "int4", config)
    assert export_digests(export_config("int4", "modern")) == {}
    assert len({tuple(export_digests(export).items()) for export in (plain, nearest, mixed)}) == 3


def test_the_shipped_recipe_fits_the_mini_checkpoint() -> None:
    config = read_config(MINI)
    export = export_from_recipe(str(ROOT / "engines" / "recipes" / "cpu" / "mini-int4.toml"), "int4", config)
    assert export.plan.scheme("decoder", "language_model.embed_tokens.weight").weights == "int8"
