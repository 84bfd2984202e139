"""Builds with fakes of absent libraries: `tensorrt` of several versions, and a GPU."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edge_export.checkpoint.config_file import read_config
from edge_export.engine import gpu
from edge_export.engine import plan as engine_plan
from edge_export.engine.builder import timing_cache
from edge_export.engine.builder.build import EngineRequest, build_engine
from edge_export.engine.builder.library import TrtLibrary, load_library
from edge_export.engine.gpu import find_gpu
from edge_export.engine.plan import EngineOptions, plan_engines
from edge_runtime.backends.cuda.runtime import CudaDevice
from edge_runtime.errors import BackendUnavailableError, ExitCode, ResourceError, UsageError
from tests.support.fake_cuda import FakeCuda
from tests.support.fake_tensorrt import NULL_POINTER, ILogger

CONFIG = read_config(Path(__file__).parents[3] / "engines" / "checkpoints" / "mini")
ORIN = CudaDevice("Orin", "8.7", 7_600_000_000, "13.2")


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Install a fake `tensorrt` of a version, and a fake GPU."""

    def put(version: str) -> None:
        module = SimpleNamespace(__version__=version, IBuilderConfig=object, Builder=object)
        monkeypatch.setitem(sys.modules, "tensorrt", module)
        monkeypatch.setattr(engine_plan, "find_gpu", lambda: ORIN)

    return put


def test_engines_for_the_gpu_of_this_machine_record_it_and_its_driver(install: Any) -> None:
    install("10.16.2.10")
    lines: list[str] = []
    plan = plan_engines(EngineOptions("tensorrt", "fp32"), CONFIG, lines.append)
    assert lines[0].startswith("lowering modern: tensorrt 10.16")
    assert lines[1].startswith("recipe orin-nano: ")
    for record in plan.records.values():
        assert (record.version, record.gpu, record.driver) == ("10.16.2.10", "Orin", "13.2")
        assert record.compute_capabilities == ("8.7",)


def test_a_list_of_gpus_is_refused_where_engines_are_for_the_one_at_hand(install: Any) -> None:
    install("11.4.0.106")
    with pytest.raises(UsageError, match="builds for the GPU of this machine, Orin"):
        plan_engines(EngineOptions("tensorrt", "fp32", capabilities=("8.9",)), CONFIG, print)


def test_a_library_that_is_too_old_is_refused(install: Any) -> None:
    install("8.6.1")
    with pytest.raises(BackendUnavailableError, match=r"tensorrt 8\.6\.1 is too old, at least 10\.3"):
        load_library("tensorrt")


def _with_cuda(monkeypatch: pytest.MonkeyPatch, cuda: FakeCuda) -> None:
    monkeypatch.setattr(gpu, "load_cuda", lambda: cuda)


def test_a_gpu_is_described_as_the_cuda_runtime_states_it(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = FakeCuda()
    _with_cuda(monkeypatch, cuda)
    assert find_gpu() == cuda.is_device


def test_a_machine_without_a_driver_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = FakeCuda()
    cuda.failing["describe"] = 35
    _with_cuda(monkeypatch, cuda)
    with pytest.raises(
        BackendUnavailableError, match=r"No usable NVIDIA driver or GPU: .*cudaError35.*--target tensorrt-rtx"
    ) as caught:
        find_gpu()
    assert caught.value.exit_code == ExitCode.BACKEND


class Config:
    """A builder configuration that accepts measurements of its own version only."""

    def __init__(self, version: bytes) -> None:
        self.version = version
        self.held: bytes | None = None

    def create_timing_cache(self, stored: bytes) -> SimpleNamespace:
        return SimpleNamespace(stored=stored, serialize=lambda: self.version + b" measured")

    def set_timing_cache(self, cache: SimpleNamespace, *, ignore_mismatch: bool) -> bool:
        assert not ignore_mismatch, "a cache of another GPU must not be taken"
        if cache.stored and not cache.stored.startswith(self.version):
            return False
        self.held = cache.stored
        return True

    def get_timing_cache(self) -> SimpleNamespace:
        return self.create_timing_cache(b"")


def test_measurements_are_kept_for_the_next_build_and_not_for_another_version(tmp_path: Path) -> None:
    library, path = TrtLibrary("tensorrt", None, "10.16"), tmp_path / "timing.cache"
    first = Config(b"10.16")
    timing_cache.attach(library, first, path)
    assert first.held == b""
    timing_cache.store(library, first, path)
    again, other = Config(b"10.16"), Config(b"11.4")
    timing_cache.attach(library, again, path)
    timing_cache.attach(library, other, path)
    assert (again.held, other.held) == (b"10.16 measured", b"")
    assert [actual.name for actual in tmp_path.iterdir()] == ["timing.cache"]


class RefusingConfig(Config):
    """As bindings that return None for the measurements of another version, and do not accept None."""

    def create_timing_cache(self, stored: bytes) -> SimpleNamespace | None:  # type: ignore[override]
        return super().create_timing_cache(stored) if stored.startswith(self.version) or not stored else None

    def set_timing_cache(self, cache: SimpleNamespace | None, *, ignore_mismatch: bool) -> bool:
        if cache is None:
            raise TypeError("set_timing_cache(): incompatible function arguments")
        return super().set_timing_cache(cache, ignore_mismatch=ignore_mismatch)


def test_measurements_that_cannot_be_read_are_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "timing.cache"
    path.write_bytes(b"10.3 measured")
    config = RefusingConfig(b"10.16")
    timing_cache.attach(TrtLibrary("tensorrt", None, "10.16"), config, path)
    assert config.held == b""


class WithoutBuilder:
    """A module whose builder cannot be made, as on a GPU without memory."""

    ILogger = ILogger

    @staticmethod
    def Builder(logger: Any) -> None:  # noqa: N802
        logger.log(ILogger.Severity.ERROR, "CUDA initialization failure with error: 2. Please check")
        raise TypeError(NULL_POINTER)


def test_a_builder_that_does_not_start_is_reported_in_the_words_of_tensorrt(tmp_path: Path) -> None:
    request = EngineRequest("decoder", tmp_path / "x.onnx", (), ())
    with pytest.raises(ResourceError, match=r"decoder engine cannot be built: memory ran out.*error: 2\."):
        build_engine(TrtLibrary("tensorrt", WithoutBuilder, "10.3.0"), request, tmp_path / "x.plan", print)


def test_compiling_ahead_measures_nothing(tmp_path: Path) -> None:
    library, path = TrtLibrary("tensorrt-rtx", None, "1.7"), tmp_path / "timing.cache"
    timing_cache.attach(library, None, path)
    timing_cache.store(library, None, path)
    assert not path.exists()
