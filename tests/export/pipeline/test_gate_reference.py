"""A bundle of the base is no reference for one with an adapter, nor the other way round."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from edge_export.pipeline.gate_reference import find_reference, require_reference
from edge_runtime.errors import UsageError
from tests.support.manifests import make_manifest
from tests.support.tiny_bundle import write_tiny_bundle

BASE = {"config.json": "a" * 64, "model.safetensors": "b" * 64}
ADAPTED = BASE | {"adapter/adapter_config.json": "c" * 64, "adapter/adapter_model.safetensors": "d" * 64}


def _plan(bundle: Path, files: dict[str, str]) -> Any:
    provenance = msgspec.structs.replace(make_manifest().provenance, checkpoint_files=files)
    checkpoint = SimpleNamespace(
        provenance=provenance, config=SimpleNamespace(kind="asr"), source=SimpleNamespace(name="x")
    )
    return SimpleNamespace(checkpoint=checkpoint, bundle=bundle)


@pytest.mark.parametrize(("built", "wanted"), [(BASE, ADAPTED), (ADAPTED, BASE)])
def test_the_adapter_must_be_the_same(tmp_path: Path, built: dict[str, str], wanted: dict[str, str]) -> None:
    provenance = msgspec.structs.replace(make_manifest().provenance, checkpoint_files=built)
    reference = write_tiny_bundle(tmp_path / "reference", provenance=provenance)
    assert require_reference(_plan(tmp_path / "new", built), reference) == reference
    assert find_reference(_plan(tmp_path / "new", wanted)) is None
    with pytest.raises(UsageError, match="not of the same checkpoint"):
        require_reference(_plan(tmp_path / "new", wanted), reference)
