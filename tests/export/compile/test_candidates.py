"""Of several precisions in a portable bundle, the device keeps the one that its own figures speak for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edge_export.compile import component as components
from edge_export.compile import machine as machines
from edge_export.compile.component import ComponentJob, compile_component
from edge_export.compile.run import CompileOptions, CompileResult, compile_portable
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.bundle.portable import open_portable
from edge_runtime.errors import ChecksumError, EngineMismatchError, GraphError, ResourceError
from tests.export.compile.portable import FakeBuilderLibrary, add_precision, write_portable
from tests.export.conftest import Lines
from tests.export.support.stopped_builds import Killed

pytestmark = pytest.mark.usefixtures("library")


@pytest.fixture
def portable(tmp_path: Path) -> Path:
    folder = write_portable(tmp_path / "tiny.jetpack-6.2.int8+fp16", memory=10)
    add_precision(folder, "fp16", memory=20)
    return folder


def plant(monkeypatch: pytest.MonkeyPatch, **steps: float) -> None:
    """Let a step of each precision take so many milliseconds."""

    def seconds(_: Any, manifest: Any, *__: Any) -> float:
        return steps[manifest.precision] / 1000

    monkeypatch.setattr(components, "step_seconds", seconds)


def compiled(portable: Path, lines: Lines | None = None, fail: Any = None) -> CompileResult:
    def compile_one(job: ComponentJob, folder: Path, on_line: Any) -> None:
        if fail is not None and job.component == "decoder":
            fail(job.manifest.precision)
        compile_component(job, folder, on_line)

    return compile_portable(CompileOptions(portable), lines or Lines(), compile_one)


@pytest.mark.parametrize(("int8", "fp16", "kept"), [(9.0, 7.0, "fp16"), (5.0, 7.0, "int8")])
def test_the_faster_precision_is_kept_with_the_figures_of_both(
    portable: Path, monkeypatch: pytest.MonkeyPatch, int8: float, fp16: float, kept: str
) -> None:
    plant(monkeypatch, int8=int8, fp16=fp16)
    lines = Lines()
    bundle = open_bundle(compiled(portable, lines).bundle)
    assert (bundle.manifest.precision, bundle.directory.name) == (kept, f"tiny.tensorrt.{kept}")
    assert any(line.startswith(f"kept {kept} (") and "faster than" in line for line in lines.progressed)
    figures = json.loads(bundle.path("trials.json").read_text("utf-8"))["candidates"]
    assert {each["precision"]: (each["step_ms"], each["kept"]) for each in figures} == {
        "int8": (int8, kept == "int8"),
        "fp16": (fp16, kept == "fp16"),
    }
    for component in bundle.manifest.components.values():
        assert component.engine is not None
        assert f"precision={kept}" in component.engine.flags
    assert compiled(portable).status == "up_to_date"


def test_an_engine_of_one_graph_is_compiled_once(
    portable: Path, library: FakeBuilderLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch, int8=9, fp16=7)
    bundle = open_bundle(compiled(portable).bundle)
    graphs = [graph for graph, _ in library.built]
    assert graphs == [b"graph of decoder", b"graph of draft", b"fp16 of decoder"]
    assert bundle.path("decoder.plan").read_bytes() == b"plan of fp16 of decoder"


def test_a_precision_that_fails_is_passed_over(portable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(precision: str) -> None:
        if precision == "int8":
            raise GraphError("Myelin refuses it.")

    plant(monkeypatch, int8=1, fp16=7)
    lines = Lines()
    bundle = open_bundle(compiled(portable, lines, fail).bundle)
    assert bundle.manifest.precision == "fp16"
    assert "precision int8 is passed over: Myelin refuses it." in lines.warned
    first, _ = json.loads(bundle.path("trials.json").read_text("utf-8"))["candidates"]
    assert first["reason"] == "Myelin refuses it."


def test_a_precision_without_memory_is_passed_over(portable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, int8=9, fp16=7)
    monkeypatch.setattr(machines, "machine_memory", lambda: (15, 15))
    lines = Lines()
    assert compiled(portable, lines).bundle.name == "tiny.tensorrt.int8"
    assert any(line.startswith("precision fp16 is passed over: compiling it needs") for line in lines.warned)


def test_after_memory_ran_out_only_what_needs_less_is_tried(
    portable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_precision(portable, "int4", memory=5)

    def fail(precision: str) -> None:
        assert precision != "fp16", "needs more than int8, which did not fit"
        if precision == "int8":
            raise ResourceError("Memory ran out.")

    plant(monkeypatch, int4=3)
    assert compiled(portable, fail=fail).bundle.name == "tiny.tensorrt.int4"


def test_the_smaller_is_kept_where_no_floating_point_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    portable = write_portable(tmp_path / "tiny")
    add_precision(portable, "int4")  # its plan is a few bytes shorter
    plant(monkeypatch, int8=3, int4=9)
    lines = Lines()
    assert compiled(portable, lines).bundle.name == "tiny.tensorrt.int4"
    assert any("smaller than int8" in line for line in lines.progressed)


def test_all_failing_is_one_error_that_names_each(portable: Path) -> None:
    def fail(precision: str) -> None:
        raise EngineMismatchError(f"{precision} is wrong.")

    with pytest.raises(
        EngineMismatchError, match=r"none of its precisions .*int8: int8 is wrong\. fp16: fp16"
    ):
        compiled(portable, fail=fail)
    assert not list(portable.parent.glob("tiny.tensorrt.*"))


def test_a_kill_between_precisions_keeps_the_first(
    portable: Path, library: FakeBuilderLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(precision: str) -> None:
        if precision == "fp16":
            raise Killed

    plant(monkeypatch, int8=9, fp16=7)
    with pytest.raises(Killed):
        compiled(portable, fail=fail)
    assert len(library.built) == 2
    assert compiled(portable).bundle.name == "tiny.tensorrt.fp16"
    assert len(library.built) == 3


def test_files_of_every_precision_are_verified(portable: Path) -> None:
    path = portable / "fp16" / "decoder.onnx"
    data = path.read_bytes()
    path.write_bytes(data[::-1])
    with pytest.raises(ChecksumError, match=r"fp16/decoder\.onnx"):
        open_portable(portable)
    path.write_bytes(data)
    assert [each.precision for each in open_portable(portable).candidates] == ["int8", "fp16"]
