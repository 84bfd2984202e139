"""The only bundle under `engines/` is found beside the portable one it was compiled from."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_runtime.bundle.bundle import read_manifest
from edge_runtime.cli.bundles import choose_bundle
from edge_runtime.errors import ManifestError


def _put(root: Path, name: str, manifest: str) -> Path:
    folder = root / "engines" / name
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(manifest, "utf-8")
    return Path("engines") / name


def test_a_portable_bundle_does_not_count_beside_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    portable = _put(tmp_path, "tiny.jetpack-6.2.int8", '{"schema": "edge-asr/portable@1"}')
    assert choose_bundle(None, "asr") == portable
    with pytest.raises(ManifestError, match="edge-asr compile engines/tiny"):
        read_manifest(portable)
    compiled = _put(tmp_path, "tiny.tensorrt.int8", '{"schema": "edge-asr/bundle@2", "kind": "asr"}')
    assert choose_bundle(None, "asr") == compiled
