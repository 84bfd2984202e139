"""A portable bundle holds the precisions of the recipe's list, and shares the files that are equal."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from edge_export.checkpoint.config import Layout
from edge_export.engine.platforms import find_platform
from edge_export.parity.probes import PROBE_SECONDS
from edge_export.parity.reference import Reference
from edge_export.parity.reference_output import ReferenceOutput
from edge_export.pipeline.job import BuildOptions
from edge_export.pipeline.pipeline import build
from edge_runtime.arrays import Waveform
from edge_runtime.bundle.portable import open_portable
from tests.export.conftest import ROOT, Lines


@pytest.fixture(scope="module")
def options(tiny_checkpoints: dict[Layout, Path], tmp_path_factory: pytest.TempPathFactory) -> BuildOptions:
    folder = tmp_path_factory.mktemp("alternatives")
    shipped = (ROOT / "engines" / "recipes" / "orin-nano.toml").read_text("utf-8")
    changed = shipped.replace(
        '[models.mini]\nprecision = "fp32"', '[models.mini]\nprecision = ["int8", "fp16"]'
    )
    assert changed != shipped
    recipe = folder / "mine.toml"
    recipe.write_text(changed, "utf-8")
    return BuildOptions(
        model=str(tiny_checkpoints["hf"]),
        output=folder / "tiny",
        target="tensorrt",
        recipe=str(recipe),
        platform=find_platform("jetpack-6.2", None, None),
    )


def test_a_list_of_precisions_becomes_one_bundle(
    options: BuildOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    runs, run = [], Reference.run

    def counted(reference: Reference, waveform: Waveform) -> ReferenceOutput:
        runs.append(len(waveform))
        return run(reference, waveform)

    monkeypatch.setattr(Reference, "run", counted)
    result = build(options, Lines())
    assert len(runs) == len(PROBE_SECONDS), "float32 is computed once, for both precisions"
    portable = open_portable(result.bundle)
    assert [each.precision for each in portable.candidates] == ["int8", "fp16"]
    (other,) = portable.alternatives
    assert {"decoder.onnx", "decoder.onnx.data", "answers.npz"} <= set(other.own)
    assert {"tokenizer.json", "golden.npz"}.isdisjoint(other.own)
    assert not (result.bundle.parent / ".build").exists()
    for name, record in other.spec.records.items():
        assert "precision=fp16" in record.flags
        assert record.onnx[f"{name}.onnx"] == other.graphs.manifest.files[f"{name}.onnx"].sha256
    assert build(options, Lines()).status == "up_to_date"
    alone = build(replace(options, precision="fp16", output=result.bundle.with_name("alone")), Lines())
    assert [each.precision for each in open_portable(alone.bundle).candidates] == ["fp16"]
