"""What a machine lacks to compile a portable bundle, and what speaks against it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from edge_export.compile import machine as machines
from edge_runtime.backends import advice
from edge_runtime.backends.cuda.runtime import CudaDevice
from edge_runtime.backends.session import EngineEnvironment
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.errors import (
    BackendUnavailableError,
    ExitCode,
    ResourceError,
    StaleEngineError,
)
from edge_runtime.verification.staleness import require_fresh
from tests.export.compile.device import ORIN, compiled, put_tensorrt
from tests.export.compile.portable import FakeBuilderLibrary, write_portable
from tests.export.conftest import Lines
from tests.support.token_decoder import legacy, modern


@pytest.mark.parametrize(
    ("jetson", "advice"), [(True, "--system-site-packages"), (False, r"pip install 'edge-asr\[tensorrt\]'")]
)
def test_a_machine_without_tensorrt_is_told_how_to_get_it(
    portable: Path, monkeypatch: pytest.MonkeyPatch, *, jetson: bool, advice: str
) -> None:
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    monkeypatch.setattr("edge_runtime.backends.advice.is_jetson", lambda _: jetson)
    with pytest.raises(BackendUnavailableError, match=advice) as caught:
        compiled(portable)
    assert ("pip install" in str(caught.value)) is not jetson
    assert caught.value.exit_code == ExitCode.BACKEND
    assert "\n" not in str(caught.value)


def test_an_environment_that_hides_the_systems_tensorrt_is_named(
    portable: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "usr/lib/python3.10/dist-packages/tensorrt").mkdir(parents=True)
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    monkeypatch.setattr(advice, "BINDINGS", str(tmp_path / "usr/lib/python3*/dist-packages/tensorrt")[1:])
    with pytest.raises(
        BackendUnavailableError, match=r"`python3\.10 -m venv --system-site-packages`"
    ) as caught:
        compiled(portable)
    assert "\n" not in str(caught.value)


def test_graphs_that_the_parser_does_not_know_are_refused_with_the_way_out(
    tmp_path: Path, library: FakeBuilderLibrary
) -> None:
    portable = write_portable(tmp_path / "tiny", "modern", "10.16")
    with pytest.raises(
        BackendUnavailableError, match=r"TensorRT 10\.16 .*10\.3\.0 is installed.*--tensorrt 10\.3 --sm 8\.7"
    ):
        compiled(portable)
    assert not (tmp_path / ".build").exists()


def test_a_newer_library_compiles_older_graphs_with_a_warning(
    portable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_tensorrt(monkeypatch, "10.16.2", legacy)
    lines = Lines()
    assert compiled(portable, lines).status == "built"
    assert any("written for TensorRT 10.3, 10.16.2 is installed" in line for line in lines.warned)


def test_modern_graphs_are_compiled_by_the_library_that_they_are_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_tensorrt(monkeypatch, "10.16.2", modern)
    lines = Lines()
    assert compiled(write_portable(tmp_path / "tiny", "modern", "10.16"), lines).status == "built"
    assert lines.warned == []


def test_too_little_memory_is_refused_and_little_is_warned_of(
    tmp_path: Path, library: FakeBuilderLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    portable, lines = write_portable(tmp_path / "tiny", memory=4_600_000_000), Lines()
    monkeypatch.setattr(machines, "machine_memory", lambda: (3_700_000_000, 3_000_000_000))
    with pytest.raises(ResourceError, match=r"needs about 4\.6 GB of memory, this machine has 3\.7 GB"):
        compiled(portable)
    monkeypatch.setattr(machines, "machine_memory", lambda: (7_400_000_000, 3_000_000_000))
    compiled(portable, lines)
    assert any("3.0 GB are free now" in line and "swap" in line for line in lines.warned)


def test_another_gpu_is_warned_of(
    portable: Path, library: FakeBuilderLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machines, "find_gpu", lambda: CudaDevice("Thor", "11.0", 1 << 37, "13.0"))
    lines = Lines()
    compiled(portable, lines)
    assert any("is for compute capability 8.7, the GPU here has 11.0" in line for line in lines.warned)


def test_engines_of_another_board_of_the_same_name_are_compiled_again(
    portable: Path, library: FakeBuilderLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machines, "find_gpu", lambda: replace(ORIN, multiprocessors=16))
    bundle = open_bundle(compiled(portable).bundle)
    nano = EngineEnvironment(gpu="Orin", compute_capability="8.7", multiprocessors=8)
    with pytest.raises(
        StaleEngineError, match="the GPU has 8 multiprocessors, it was built with 16"
    ) as caught:
        require_fresh(bundle.manifest, "decoder", nano, bundle.directory)
    assert "\n" not in str(caught.value)
    monkeypatch.setattr(machines, "find_gpu", lambda: replace(ORIN, multiprocessors=8))
    assert compiled(portable).status == "built"
