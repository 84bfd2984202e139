"""A build whose engines fail in the recipe's first precision goes on in the next one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge_export.engine.builder.build import BuiltEngine
from edge_export.engine.selftest import tested
from edge_export.pipeline.job import BuildOptions
from edge_export.pipeline.pipeline import build
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.errors import GraphError
from tests.export.conftest import Lines

pytest.importorskip("tensorrt_rtx")
pytestmark = pytest.mark.slow


@pytest.fixture
def ladder(options: BuildOptions, tmp_path: Path) -> BuildOptions:
    recipe = tmp_path / "ladder.toml"
    text = Path(str(options.recipe)).read_text("utf-8")
    recipe.write_text(text.replace('precision = "fp32"', 'precision = ["int8", "fp32"]'), "utf-8")
    return replace(options, recipe=str(recipe), output=None)


def _refuses_int8(library: Any, request: Any, plan: Path, on_line: Any) -> BuiltEngine:
    if b".scales" in request.graph.read_bytes():
        raise GraphError("The decoder engine cannot be built: Myelin refuses it.")
    plan.write_bytes(b"plan")
    return BuiltEngine(plan, 4, 0.1, 0)


def test_the_next_precision_is_built_said_and_taken_for_up_to_date(
    ladder: BuildOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tested, "build_engine", _refuses_int8)
    lines = Lines()
    result = build(ladder, lines)
    manifest = open_bundle(result.bundle).manifest
    assert (manifest.precision, result.bundle.name.rsplit(".", 1)[1]) == ("fp32", "fp32")
    assert lines.warned == ["The decoder engine cannot be built: Myelin refuses it. Trying precision fp32."]
    record = manifest.components["decoder"].engine
    assert record is not None
    assert "instead_of:precision=int8" in record.flags
    again = build(ladder, Lines())
    assert (again.status, again.bundle) == ("up_to_date", result.bundle)


def test_a_precision_that_the_user_named_is_not_replaced(
    ladder: BuildOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tested, "build_engine", _refuses_int8)
    with pytest.raises(GraphError, match="Myelin"):
        build(replace(ladder, precision="int8"), Lines())
    assert not list(tmp_path.glob("engines/*.int8"))
