"""Servers that tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_runtime.bundle.shipped import SHIPPED
from tests.support.server import Server, serving

CLIPS = Path(__file__).parents[2] / "clips"


@pytest.fixture(scope="session", autouse=True)
def _extra() -> None:
    for name in ("starlette", "uvicorn", "websockets", "prometheus_client", "python_multipart"):
        pytest.importorskip(name, reason="the extra `server` is not installed")


@pytest.fixture(scope="session")
def mini_server() -> Iterator[Server]:
    """Of the bundle in the package; no times of words."""
    with serving("--model", SHIPPED["mini"]) as server:
        yield server


@pytest.fixture(scope="session")
def tiny_server(tiny_bundle: Path, tiny_aligner_bundle: Path) -> Iterator[Server]:
    """Of planted answers, with times of words."""
    with serving("--model", tiny_bundle, "--aligner", tiny_aligner_bundle) as server:
        yield server


@pytest.fixture(scope="session")
def long_recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three quarters of a minute of clips with pauses between them."""
    names = ("en-00001", "en-00002", "en-00003", "en-00004", "en-00005", "en-00006", "en-00007")
    clips = [soundfile.read(CLIPS / f"{name}.flac", dtype="float32")[0] for name in names]
    pause = np.zeros(24_000, np.float32)
    joined = np.concatenate([part for clip in clips * 2 for part in (clip, pause)])
    path = tmp_path_factory.mktemp("serve") / "long.wav"
    soundfile.write(path, joined, 16_000)
    return path
