"""A quick build of engines: few cache rows and one GPU."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_export.checkpoint.config import Layout
from edge_export.pipeline.job import BuildOptions

RECIPES = Path(__file__).parents[3] / "engines" / "recipes"
CAPACITY = 320
BUCKETS = (64, 128)
"""Fewer rows that a step may read."""


@pytest.fixture(scope="session")
def options(tiny_checkpoints: dict[Layout, Path], tmp_path_factory: pytest.TempPathFactory) -> BuildOptions:
    """A build with a recipe of its own: few cache rows and one GPU, for speed."""
    root = tmp_path_factory.mktemp("engines")
    recipe = root / "small.toml"
    text = (RECIPES / "rtx.toml").read_text("utf-8")
    capacity = f"kv_capacity = {CAPACITY}\nkv_buckets = {list(BUCKETS)}"
    for old, new in (("kv_capacity = 1024", capacity), ("1, 256, 2048", "1, 256, 640")):
        text = text.replace(old, new)
    recipe.write_text(text, "utf-8")
    return BuildOptions(
        model=str(tiny_checkpoints["original"]),
        output=root / "tiny",
        target="tensorrt-rtx",
        recipe=str(recipe),
        capabilities=("8.6",),
    )
