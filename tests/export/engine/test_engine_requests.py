"""Impossible requests for engines are refused before the build starts."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge_export.checkpoint.config import Layout
from edge_export.checkpoint.config_file import read_config
from edge_export.engine.plan import EngineOptions, plan_engines
from edge_export.pipeline.job import BuildOptions
from edge_export.pipeline.pipeline import build
from edge_runtime.errors import BackendUnavailableError, ExitCode, UsageError
from tests.export.conftest import Lines

pytest.importorskip("tensorrt_rtx")


def test_without_the_library_nothing_is_begun(
    monkeypatch: pytest.MonkeyPatch, options: BuildOptions, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    expected = replace(options, target="tensorrt", capabilities=(), output=tmp_path / "none")
    with pytest.raises(BackendUnavailableError, match="'tensorrt', which is not installed") as caught:
        build(expected, Lines())
    assert caught.value.exit_code == ExitCode.BACKEND
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("change", [{"attention": "fused"}, {"capabilities": ("8.6",)}])
def test_flags_of_engines_are_refused_for_graphs(tiny_checkpoints: dict[Layout, Path], change: Any) -> None:
    with pytest.raises(UsageError, match="--target ort-cpu has none"):
        build(BuildOptions(model=str(tiny_checkpoints["hf"]), **change), Lines())


def test_a_precision_that_is_not_in_the_recipe_is_refused(tiny_checkpoints: dict[Layout, Path]) -> None:
    config = read_config(tiny_checkpoints["hf"])
    with pytest.raises(UsageError, match="'fp64' is not in recipe 'rtx'; it has fp32, fp16"):
        plan_engines(EngineOptions("tensorrt-rtx", "fp64", "rtx"), config, print)
