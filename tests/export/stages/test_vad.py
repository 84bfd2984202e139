"""The detector of every bundle is that of the package, proven, with its licence."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edge_export.stages.vad import VAD, vad_stage
from edge_runtime.errors import BackendUnavailableError, ParityError
from edge_runtime.vad.silero_network import SileroNetwork
from tests.support.silero import silero_graph


def written(folder: Path) -> list[str]:
    vad_stage().work(None, None, folder)  # type: ignore[arg-type] - it needs no checkpoint
    return sorted(path.name for path in folder.iterdir())


def test_graph_and_licence_are_installed(tmp_path: Path) -> None:
    assert written(tmp_path) == sorted(vad_stage().installs) == ["vad.LICENSE", "vad.onnx"]
    assert (tmp_path / VAD.graph).read_bytes() == silero_graph().read_bytes()
    assert "Copyright (c) 2020-present Silero Team" in (tmp_path / "vad.LICENSE").read_text("utf-8")


def test_another_graph_is_refused_with_the_version_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.onnx"
    other.write_bytes(silero_graph().read_bytes() + b"\0")
    package = SimpleNamespace(version="6.2.9", locate_file=lambda _: other, files=())
    monkeypatch.setattr(metadata, "distribution", lambda _: package)
    with pytest.raises(
        BackendUnavailableError, match=r"silero-vad 6\.2\.9 .*pip install 'silero-vad==6\.2\.3'"
    ):
        written(tmp_path)


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    with pytest.raises(BackendUnavailableError, match="'silero-vad', which is not installed"):
        written(tmp_path)


@pytest.mark.parametrize("error", [0.01, float("nan")])
def test_a_network_that_computes_otherwise_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: float
) -> None:
    real = SileroNetwork.run

    def wrong(self: SileroNetwork, frames: Any, state: Any) -> Any:
        probabilities, state = real(self, frames, state)
        return probabilities + error, state

    monkeypatch.setattr(SileroNetwork, "run", wrong)
    with pytest.raises(ParityError, match=r"differs from ONNX Runtime by .*, allowed 0\.0001"):
        written(tmp_path)
