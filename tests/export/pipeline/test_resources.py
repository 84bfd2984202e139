"""Builds without enough disk or memory say so, and leave neither a bundle nor partial files."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from edge_export.pipeline import resources
from edge_export.pipeline.job import BuildOptions
from edge_export.pipeline.pipeline import build
from edge_runtime.errors import ResourceError
from tests.export.support.copied_stages import STAGES
from tests.export.support.stopped_builds import break_stage


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EFBIG, errno.EDQUOT])
@pytest.mark.parametrize("stage", STAGES)
def test_a_full_disk_leaves_no_bundle_and_no_half_files(
    monkeypatch: pytest.MonkeyPatch,
    fake_stages: list[str],
    options: BuildOptions,
    lines: object,
    stage: str,
    code: int,
) -> None:
    break_stage(monkeypatch, stage, OSError(code, os.strerror(code)))
    with pytest.raises(ResourceError, match="finished stages are kept"):
        build(options, lines)
    assert not options.output.exists()
    assert not list(options.output.parent.rglob("half"))


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: 9")]
)
def test_running_out_of_memory_is_explained(
    monkeypatch: pytest.MonkeyPatch,
    fake_stages: list[str],
    options: BuildOptions,
    lines: object,
    error: Exception,
) -> None:
    break_stage(monkeypatch, "reference", error)
    with pytest.raises(ResourceError, match="Out of memory"):
        build(options, lines)


def test_a_real_write_limit_is_explained(
    monkeypatch: pytest.MonkeyPatch, tiny_checkpoints: dict[str, Path], options: BuildOptions, lines: object
) -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(ResourceError, match="File too large"):
            build(options, lines)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not options.output.exists()
    assert not list(options.output.parent.rglob("*.data"))


def test_too_little_disk_is_refused_with_numbers(
    monkeypatch: pytest.MonkeyPatch, options: BuildOptions, lines: object
) -> None:
    usage = shutil.disk_usage(".")
    monkeypatch.setattr(resources.shutil, "disk_usage", lambda _: usage._replace(free=10**8))
    with pytest.raises(ResourceError, match=r"needs 0\.4 GB of disk .*0\.1 GB are free"):
        build(options, lines)


def test_too_little_memory_is_refused_and_scarce_memory_is_said(
    monkeypatch: pytest.MonkeyPatch, fake_stages: list[str], options: BuildOptions, lines: object
) -> None:
    monkeypatch.setattr(resources, "machine_memory", lambda: (10**9, 10**9))
    with pytest.raises(ResourceError, match=r"needs about 1\.5 GB of memory, this machine has 1\.0 GB"):
        build(options, lines)
    monkeypatch.setattr(resources, "machine_memory", lambda: (10**10, 10**9))
    build(options, lines)
    assert any("1.0 GB are free now" in text for text in lines.warned)
