"""Recipes: each is read strictly, fits the models it is for, and the devices' memory."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from edge_export.checkpoint.config import ModelConfig
from edge_export.checkpoint.config_file import read_config
from edge_export.checkpoint.released import RELEASED, released_config
from edge_export.engine.memory import available, build_memory, graph_bytes, run_memory, weights_per_component
from edge_export.engine.recipes.recipe import Recipe, load_recipe, shipped_recipes
from edge_export.engine.recipes.recipe_choice import model_class, model_recipe
from edge_export.graphs.export_config import DYNAMIC, ExportConfig
from edge_runtime.errors import UsageError

ROOT = Path(__file__).parents[4]
FOLDER = ROOT / "engines" / "recipes"
NAMES = sorted(path.stem for path in FOLDER.glob("*.toml"))
SHARED_MEMORY = ("orin-nano", "orin-nx", "agx-orin", "thor")


CONFIGS = {
    "mini": read_config(ROOT / "engines" / "checkpoints" / "mini"),
    "mini-aligner": read_config(ROOT / "engines" / "checkpoints" / "mini-aligner"),
    **{name: released_config(name) for name in RELEASED},
}


def _chosen_precisions(recipe: Recipe, config: ModelConfig, precision: str) -> dict[str, str]:
    return recipe.precisions[precision].components(config.kind)


def test_there_is_a_recipe_for_every_class_of_devices() -> None:
    assert set(NAMES) == {"orin-nano", "orin-nx", "agx-orin", "thor", "rtx", "datacenter", "generic"}


def test_models_are_told_apart_by_kind_and_width() -> None:
    assert {name: model_class(config) for name, config in CONFIGS.items()} == {
        "mini": "mini",
        "mini-aligner": "aligner",
        "0.6b": "0.6b",
        "1.7b": "1.7b",
        "aligner": "aligner",
    }


@pytest.mark.parametrize("model", CONFIGS)
@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_fits_every_model_and_the_memory_of_its_devices(name: str, model: str) -> None:
    recipe, config = load_recipe(name), CONFIGS[model]
    chosen = model_recipe(recipe, config, name)
    precisions = _chosen_precisions(recipe, config, chosen.ladder[0])
    export = ExportConfig(chosen.ladder[0], precisions, "float16", kv_capacity=chosen.kv_capacity or DYNAMIC)
    assert run_memory(config, chosen, export) <= available(recipe)
    if name in SHARED_MEMORY:  # there the build takes its memory from the same modules
        assert build_memory(config, precisions) <= available(recipe)


@pytest.mark.parametrize("name", NAMES)
def test_a_decoder_has_a_profile_for_prompts_and_one_for_steps_of_several_sequences(name: str) -> None:
    recipe = load_recipe(name)
    for model in ("mini", "0.6b", "1.7b"):
        chosen = recipe.models[model]
        prefill, step = chosen.profiles["decoder"].values()
        assert list(chosen.profiles["decoder"]) == ["prefill", "step"]
        assert prefill.batch is not None
        assert step.batch is not None
        max_size = step.batch[2]
        assert 1 < max_size <= 16, "each number of sequences has a CUDA graph"
        # Prompts run alone. With other batches than in steps, TensorRT-RTX 1.7 stores the weights twice.
        num_prompts = max_size if recipe.target == "tensorrt-rtx" else 1
        assert prefill.batch == (1, 1, num_prompts)
        assert step.ranges() == {
            "batch": (1, 1, max_size),
            "sequence": (1, 1, 8),
            "audio_tokens": (1, 1, 1),
            "scored": (1, 1, 8),
        }
        assert prefill.scored == (1, 1, 1)
        assert prefill.audio_tokens is not None
        assert chosen.kv_capacity is not None
        assert prefill.audio_tokens[2] == num_prompts * chosen.kv_capacity, "a whole cache of audio for each"


@pytest.mark.parametrize("name", NAMES)
def test_no_recipe_gives_a_recognisers_encoder_fewer_than_sixteen_bits(name: str) -> None:
    assert {part.encoder for part in load_recipe(name).precisions.values()} <= {"fp32", "fp16", "bf16"}


def test_a_recipe_may_give_an_aligners_encoder_other_bits_than_a_recognisers() -> None:
    int8 = load_recipe("orin-nano").precisions["int8"]
    assert int8.components("asr") == {"encoder": "fp16", "decoder": "int8"}
    assert int8.components("aligner") == {"encoder": "int8", "aligner": "int8"}
    assert load_recipe("orin-nx").precisions["int8"].components("aligner")["encoder"] == "fp16"


def test_graph_sizes_are_those_of_the_published_weights() -> None:
    # 0.6B: 1192 MB of decoder in 16 bits; 1.7B: 3441 MB.
    halves = {"encoder": "fp16", "decoder": "fp16"}
    assert graph_bytes(CONFIGS["0.6b"], halves)["decoder"] == pytest.approx(1192e6, rel=1e-3)
    assert graph_bytes(CONFIGS["1.7b"], halves)["decoder"] == pytest.approx(3441e6, rel=1e-3)
    assert sum(weights_per_component(CONFIGS["mini"]).values()) * 2 == pytest.approx(7.224e6, rel=0.01)


@pytest.mark.parametrize(
    ("model", "precision", "peak"),
    [("0.6b", "fp16", 5.127), ("0.6b", "int8", 2.714), ("0.6b", "int4", 1.899), ("1.7b", "fp16", 10.951)],
)
def test_the_memory_stated_for_a_build_is_above_what_was_measured_and_not_far(
    model: str, precision: str, peak: float
) -> None:
    """Peaks in GB of TensorRT-RTX 1.7.1 with decoders of these shapes."""
    stated = build_memory(CONFIGS[model], {"encoder": "int4", "decoder": precision}) / 1e9
    assert peak <= stated <= 1.25 * peak


def test_recipes_are_found_by_name_and_by_path() -> None:
    assert load_recipe("rtx") == load_recipe(str(FOLDER / "rtx.toml")) == shipped_recipes()["rtx"]


def test_an_unknown_recipe_is_refused_with_those_that_exist() -> None:
    with pytest.raises(UsageError, match="'orin-giga': not a file here, and none of agx-orin, datacenter"):
        load_recipe("orin-giga")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("kv_capacity = 2048", "kv_capacty = 2048", r"unknown field `kv_capacty`.*\$\.models"),
        ("kv_capacity = 2048", 'kv_capacity = "2048"', r"got `str`.*kv_capacity"),
        ("kv_capacity = 2048", "kv_capacity = 0", r">= 1.*kv_capacity"),
        ("sequence = [1, 256, 256]", "sequence = [256, 256]", r"length 3.*sequence"),
        ('target = "tensorrt-rtx"', 'target = "rtx"', r"Invalid enum value 'rtx'.*\$\.target"),
        ('decoder = "int4"', 'decoder = "int3"', r"Invalid enum value 'int3'.*decoder"),
        ("recipe@1", "recipe@9", r"Invalid enum value 'edge-asr/recipe@9'"),
        ("[models.aligner]", "[models.other]", r"Invalid enum value 'other'"),
        ("memory_gb = 8.0", "memory_gb = -8.0", r"memory_gb"),
        ("schema =", "schema", "not TOML"),
    ],
)
def test_a_wrong_key_or_value_is_refused_with_its_place(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = _changed(tmp_path, old, new)
    with pytest.raises(UsageError, match=rf"(?s)changed\.toml: .*{message}"):
        load_recipe(str(path))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("sequence = [1, 256, 256]", "sequence = [1, 600, 512]", "not in order: smallest, tuned, largest"),
        ("sequence = [1, 256, 256]", "sequence = [1, 256, 5000]", "goes up to 5000, the model takes 2048"),
        (
            "sequence = [1, 256, 256]\n",
            "",
            "states audio_tokens, batch, scored; it must state audio_tokens, batch, scored, seq",
        ),
        ("scored = [1, 1, 8]\n", "", "states audio_tokens, batch, sequence; it must state audio_tokens"),
        ("scored = [1, 1, 8]", "scored = [1, 1, 9]", "scored goes up to 9, the model takes 8"),
        ("frames = [100, 800, 800]", "frames = [100, 800, 850]", "not multiples of 100"),
        ("frames = [100, 800, 800]", "frames = [100, 800, 900]", "goes up to 900, the model takes 800"),
        ("audio_tokens = [1, 256, 8192]", "audio_tokens = [1, 256, 9000]", "the model takes 8192"),
        ('precision = "fp16"\nkv_capacity = 2048', 'precision = "fp16"', "kv_capacity is stated"),
        ("kv_capacity = 2048", "kv_capacity = 2048\nkv_buckets = [512, 768]", "twice the one before"),
        ("kv_capacity = 2048", "kv_capacity = 2048\nkv_buckets = [1536]", "twice the one before"),
        ("kv_capacity = 2048", "kv_capacity = 2048\nkv_buckets = [500]", "each is a multiple of 64"),
        ('precision = "fp16"\nkv', 'precision = "fp64"\nkv', "precision 'fp64' is none of fp32, fp16"),
    ],
)
def test_a_profile_that_the_model_cannot_take_is_refused(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    recipe = load_recipe(str(_changed(tmp_path, old, new)))
    with pytest.raises(UsageError, match=rf"Recipe 'changed', model '0.6b': .*{re.escape(message)}"):
        model_recipe(recipe, CONFIGS["0.6b"], "changed")


def test_a_model_that_the_recipe_lacks_is_refused() -> None:
    recipe = load_recipe("rtx")
    small = msgspec.structs.replace(recipe, models={"mini": recipe.models["mini"]})
    with pytest.raises(UsageError, match=r"has no model '1\.7b', only mini"):
        model_recipe(small, CONFIGS["1.7b"], "small")


def _changed(tmp_path: Path, old: str, new: str) -> Path:
    """Write the recipe for desktop GPUs with one text replaced wherever it stands."""
    text = (FOLDER / "rtx.toml").read_text("utf-8")
    assert old in text
    path = tmp_path / "changed.toml"
    path.write_text(text.replace(old, new), "utf-8")
    return path
