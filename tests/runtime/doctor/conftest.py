"""Probes with planted answers, and what to read of a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge_runtime.doctor.examine import examine
from edge_runtime.doctor.host import Host
from edge_runtime.doctor.report import CudaVersions, Finding, Gpu, Report
from edge_runtime.doctor.trials.gpu_trial import CudaFacts
from edge_runtime.doctor.trials.trial import Trial
from tests.support.cudart_library import fake_cudart, fake_cudart_path

__all__ = ["fake_cudart", "fake_cudart_path"]

ReportOf = Callable[..., Report]

PASSED = Trial(outcome="passed", version="1.32.0", seconds=0.4)
MISSING = Trial(
    outcome="missing",
    reason="Target 'tensorrt' needs the Python package 'tensorrt', which is not installed. Install it.",
)
NO_CUDA = Trial(outcome="failed", reason="The CUDA runtime library is not found. Install it.")
NO_GPU_PART = Trial(outcome="failed", reason="ONNX Runtime has no CUDAExecutionProvider.", version="1.32.0")
CPU_ONLY: Mapping[str, Trial] = {
    "gpu": NO_CUDA,
    "ort-cpu": PASSED,
    "codes": PASSED,
    "ort-cuda": NO_GPU_PART,
    "tensorrt": MISSING,
    "tensorrt-rtx": MISSING,
    "ffmpeg": PASSED,
    "bundle": PASSED,
}


def cuda(
    runtime: str, driver: str | None, gpu: Gpu | None = None, *, supported: bool = True, reason: str = ""
) -> Trial:
    """Return what the probe of CUDA says with these versions."""
    versions = CudaVersions(runtime=runtime, driver=driver, library="/usr/lib/libcudart.so")
    facts = CudaFacts(versions=versions, is_supported=supported, gpus=(gpu,) if gpu else ())
    outcome: Any = "passed" if gpu else "failed"
    return Trial(outcome=outcome, reason=reason, facts=msgspec.to_builtins(facts))


ORIN = Gpu(
    name="Orin",
    compute_capability="8.7",
    memory=7_600_000_000,
    free_memory=5_000_000_000,
    unified=True,
    multiprocessors=8,
)
TENSORRT = Trial(outcome="passed", version="10.3.0", seconds=6.0)
ORIN_TRIALS = {**CPU_ONLY, "gpu": cuda("12.6", "12.6", ORIN), "tensorrt": TENSORRT}


@pytest.fixture(autouse=True)
def _one_onnxruntime(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package that brings the module of the planted version."""
    monkeypatch.setattr(
        "edge_runtime.doctor.examine.installed_onnxruntimes", lambda: {"onnxruntime": "1.32.0"}
    )


@pytest.fixture
def report_of(tmp_path: Path) -> Callable[..., Report]:
    """Examine a tree with planted answers of the probes."""

    def report(root: Path, trials: Mapping[str, Trial], *bundles: Path) -> Report:
        host = Host(root=root, environ={"HOME": str(tmp_path)})
        return examine(host, bundles, tmp_path / "engines", lambda name, *_: trials[name])

    return report


def finding(report: Report, code: str) -> Finding:
    """Return the one finding of a code."""
    (chosen,) = [each for each in report.findings if each.code == code]
    return chosen


def not_ok(report: Report) -> dict[str, str]:
    """Return code and status of what is wrong, but for the disks, which are this machine's."""
    wrong = {each.code: each.status for each in report.findings if each.status != "ok"}
    return {code: status for code, status in wrong.items() if not code.startswith("storage.")}
