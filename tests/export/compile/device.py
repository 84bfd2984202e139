"""A stand-in for a device with TensorRT, and compiling there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from edge_export.compile import component as components
from edge_export.compile import machine as machines
from edge_export.compile.component import compile_component
from edge_export.compile.run import CompileOptions, CompileResult, compile_portable
from edge_export.engine.selftest import trial
from edge_runtime.backends.cuda.runtime import CudaDevice
from edge_runtime.backends.session import EngineEnvironment
from tests.export.compile.portable import FakeBuilderLibrary
from tests.export.conftest import Lines
from tests.support.fake_session import Compute, FakeSession

ORIN = CudaDevice("Orin", "8.7", 7_400_000_000, "12.6")


def put_tensorrt(monkeypatch: pytest.MonkeyPatch, version: str, compute: Compute) -> FakeBuilderLibrary:
    module = FakeBuilderLibrary(version)
    monkeypatch.setitem(sys.modules, "tensorrt", module)
    monkeypatch.setattr(machines, "find_gpu", lambda: ORIN)
    monkeypatch.setattr(trial, "why_unusable", lambda _: None)
    environment = EngineEnvironment(compute_capability="8.7")
    monkeypatch.setattr(trial, "engine_environment", lambda *_: environment)
    for module_name in (trial, components):
        monkeypatch.setattr(module_name, "open_session", lambda _, part, *__: FakeSession(part, compute))
    return module


def compiled(portable: Path, lines: Lines | None = None, **options: Any) -> CompileResult:
    """Compile in this process, where the fakes are."""
    return compile_portable(CompileOptions(portable, **options), lines or Lines(), compile_component)
