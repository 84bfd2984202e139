"""Kernels that TensorRT-RTX compiles are stored for the next start, and used only where they fit."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from edge_runtime.backends.cuda.runtime import CudaDevice
from edge_runtime.backends.trt.kernel_cache import KernelCache
from tests.support.engines import Rig, bound, feeds, make_rig
from tests.support.fake_tensorrt import FakeTensorRT
from tests.support.fake_tensorrt_rtx import FakeRtxRuntimeConfig, FakeTensorRTRTX


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return make_rig(tmp_path, FakeTensorRTRTX)


def stored(rig: Rig) -> Path:
    return rig.path.with_name(f"{rig.path.name}.kernels")


def compiled(rig: Rig) -> int:
    """Open the engine, run it, and count the kernels that were compiled meanwhile."""
    before = rig.trt.compiled
    binding = bound(rig.open())
    assert binding.run(feeds(0, 1, 2))["total"] == 3
    assert binding.run(feeds(2, 1))["total"] == 4
    return rig.trt.compiled - before


def test_the_next_start_compiles_nothing(rig: Rig) -> None:
    assert compiled(rig) == 2, "once for both contexts"
    assert compiled(rig) == 0
    assert [path.name for path in rig.path.parent.iterdir() if path.suffix == ".partial"] == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda data: data[:-1],
        lambda data: data.replace(b"product", b"PRODUCT"),
        lambda data: data.replace(b"kernels@1", b"kernels@2"),
        lambda _: b"\x00\xff" * 100,
        lambda data: data.split(b"\n")[0],
    ],
    ids=["empty", "cut", "changed", "other-version", "noise", "no-kernels"],
)
def test_a_damaged_file_is_ignored_and_replaced(rig: Rig, damage: object) -> None:
    compiled(rig)
    whole = stored(rig).read_bytes()
    stored(rig).write_bytes(damage(whole))  # type: ignore[operator]
    assert compiled(rig) == 2
    assert stored(rig).read_bytes() == whole


@pytest.mark.parametrize(
    "change",
    [{"name": "Another GPU"}, {"compute_capability": "12.0"}, {"driver": "14.0"}],
    ids=lambda change: next(iter(change)),
)
def test_kernels_of_another_gpu_or_driver_are_not_even_tried(rig: Rig, change: dict[str, str]) -> None:
    compiled(rig)
    rig.cuda.is_device = replace(rig.cuda.is_device, **change)
    assert compiled(rig) == 2
    assert compiled(rig) == 0


def test_kernels_of_another_library_or_plan_are_not_even_tried(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled(rig)
    monkeypatch.setattr(FakeTensorRTRTX, "__version__", "1.8.0")
    assert compiled(rig) == 2
    rig.path.write_bytes(b"plan, and a longer one")
    assert compiled(rig) == 2
    assert compiled(rig) == 0


def test_kernels_that_the_library_itself_refuses_are_compiled_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled(rig)
    monkeypatch.setattr("tests.support.fake_tensorrt_rtx.FakeRuntimeCache.deserialize", lambda *_: False)
    assert compiled(rig) == 2


def test_a_folder_that_cannot_be_written_to_costs_time_and_nothing_else(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, data: bytes) -> int:
        raise PermissionError(13, "read-only file system", str(path))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    assert [compiled(rig), compiled(rig)] == [2, 2]
    assert not stored(rig).exists()


def test_the_file_is_written_again_only_for_new_kernels(rig: Rig) -> None:
    compiled(rig)
    stamp = stored(rig).stat().st_mtime_ns, stored(rig).stat().st_ino
    compiled(rig)
    assert (stored(rig).stat().st_mtime_ns, stored(rig).stat().st_ino) == stamp


def test_kernels_that_come_later_are_kept_too(rig: Rig) -> None:
    binding = bound(rig.open())
    binding.run(feeds(0, 1, 2))
    (cache,) = rig.trt.caches
    cache.kernels.add("for the shapes that come most")
    for row in range(2, 60):
        binding.run(feeds(row, 1))
        binding.run(feeds(row, 1))
    assert b"for the shapes that come most" in stored(rig).read_bytes()


def test_a_link_or_a_pipe_in_place_of_the_file_is_not_read(rig: Rig, tmp_path: Path) -> None:
    compiled(rig)
    stored(rig).replace(tmp_path / "elsewhere")
    stored(rig).symlink_to(tmp_path / "elsewhere")
    assert compiled(rig) == 2
    stored(rig).unlink()
    os.mkfifo(stored(rig))
    assert compiled(rig) == 2


def test_tensorrt_proper_has_no_such_file(tmp_path: Path) -> None:
    rig = make_rig(tmp_path, FakeTensorRT)
    compiled(rig)
    assert list(tmp_path.iterdir()) == [rig.path]


def test_a_configuration_without_a_cache_is_left_alone(tmp_path: Path) -> None:
    kernels = KernelCache(FakeTensorRT, tmp_path / "x.plan", CudaDevice("GPU", "8.7", 1, "13.0"))
    kernels.attach_to(object())
    kernels.store()
    assert list(tmp_path.iterdir()) == []


def test_a_library_that_makes_no_cache_runs_without_one(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeRtxRuntimeConfig, "create_runtime_cache", lambda _: None)
    assert compiled(rig) == 4, "each of both contexts compiles for itself"
    assert not stored(rig).exists()
