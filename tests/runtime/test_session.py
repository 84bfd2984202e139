"""Which back end serves which target."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from edge_runtime.errors import BackendUnavailableError
from edge_runtime.session import SessionOptions, open_session
from tests.runtime.support.manifests import ENCODER_COMPONENT


@pytest.mark.parametrize("target", ["ort-cuda", "tensorrt", "tensorrt-rtx"])
def test_a_target_that_this_version_cannot_run_is_refused_by_name(target: str) -> None:
    with pytest.raises(BackendUnavailableError, match=f"targets '{target}'.*it runs: ort-cpu"):
        open_session(target, ENCODER_COMPONENT, Path("x.onnx"), SessionOptions())  # type: ignore[arg-type]


def test_a_back_end_that_is_not_installed_is_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "edge_runtime.session_ort", raising=False)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(BackendUnavailableError, match=r"'onnxruntime'.*pip install 'edge-asr\[cpu\]'"):
        open_session("ort-cpu", ENCODER_COMPONENT, Path("x.onnx"), SessionOptions())
