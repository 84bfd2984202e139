"""The profiles of an aligner's engines limit its pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_export.checkpoint.config import Layout
from edge_export.pipeline.job import BuildOptions
from edge_export.pipeline.pipeline import build
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.digest import sha256_of
from tests.export.conftest import Lines

pytest.importorskip("tensorrt_rtx")


def test_an_aligner_gets_engines_and_its_pass_is_bounded_by_them(
    tiny_aligners: dict[Layout, Path], tmp_path: Path
) -> None:
    options = BuildOptions(
        model=str(tiny_aligners["hf"]),
        output=tmp_path / "aligner",
        target="tensorrt-rtx",
        capabilities=("8.9",),
    )
    manifest = open_bundle(build(options, Lines()).bundle).manifest
    assert manifest.components["aligner"].graph == "aligner.plan"
    assert manifest.components["aligner"].engine is not None
    assert manifest.aligner is not None
    assert manifest.aligner.max_positions == 4096
    # 300 classes of 80 ms are 24 s; the profile has room for 236.
    assert manifest.aligner.max_audio_s == 24.0
    assert sha256_of(tmp_path / "aligner" / "aligner.plan") == manifest.files["aligner.plan"].sha256
