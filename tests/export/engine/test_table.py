"""The table of engines holds measurements and their environment."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge_export.engine.builder.measure import EngineMeasurement, measure
from edge_export.engine.table import EngineVariant, Row, document, parse_variant
from edge_runtime.errors import UsageError
from tests.export.engine.support import small_graphs


def test_an_engine_is_measured_in_a_process_of_its_own_and_thrown_away(tmp_path: Path) -> None:
    pytest.importorskip("tensorrt_rtx")
    request = replace(small_graphs.linear(tmp_path / "linear.onnx"), capabilities=("8.9",))
    weights = tmp_path / "linear.onnx.data"
    weights.write_bytes(bytes(100))
    measured = measure("tensorrt-rtx", request)
    assert measured.graph_bytes == 100
    assert measured.engine_bytes > small_graphs.WIDTH**2 * 2
    assert measured.seconds > 0
    assert measured.cpu_seconds > 0
    assert measured.peak_bytes > 50e6, "TensorRT's own libraries are more"
    assert not list(tmp_path.glob("*.plan"))


def test_the_document_states_versions_machine_and_every_row() -> None:
    pytest.importorskip("tensorrt_rtx")
    row = Row(
        "0.6b",
        "int8",
        "modern",
        "decoder",
        "int8",
        "8.9",
        EngineMeasurement(596_000_000, 640_500_000, 12.34, 10.2, 2_714_000_000),
    )
    text = document([row, replace(row, capability="12.0")], "2026-01-31")
    assert text.startswith("# Engines built ahead of time, 2026-01-31\n")
    assert "| 0.6b | int8 | modern | decoder | int8 | 8.9 | 596.0 | 640.5 | 12.3 | 10.2 | 2714 |\n" in text
    assert "| 12.0 |" in text
    assert "tensorrt-rtx 1." in text
    assert " cores, " in text


def test_what_to_build_is_read_with_its_defaults() -> None:
    assert parse_variant("mini") == EngineVariant("mini", "fp32", "modern")
    assert parse_variant("0.6b:int8") == EngineVariant("0.6b", "int8", "modern")
    assert parse_variant("0.6b:fp16:legacy") == EngineVariant("0.6b", "fp16", "legacy")


@pytest.mark.parametrize("text", ["mini:fp16:newest", "mini:fp16:legacy:more"])
def test_a_misspelled_engine_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not MODEL"):
        parse_variant(text)
