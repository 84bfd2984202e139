"""Of several precisions in a portable bundle, the device keeps the one that its own figures speak for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edge_export.compile import component as components
from edge_export.compile import machine as machines
from edge_export.compile.choice import Figures, choose
from edge_export.compile.component import ComponentJob, compile_component
from edge_export.compile.run import CompileOptions, CompileResult, compile_portable
from edge_export.compile.timing import CallTime
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

    def timed(_: Any, manifest: Any, *__: Any) -> CallTime:
        return CallTime("step", steps[manifest.precision])

    monkeypatch.setattr(components, "call_time", timed)


def compiled(
    portable: Path, lines: Lines | None = None, fail: Any = None, *, force: bool = False
) -> CompileResult:
    def compile_one(job: ComponentJob, folder: Path, on_line: Any) -> None:
        if fail is not None and job.component == "decoder":
            fail(job.manifest.precision)
        compile_component(job, folder, on_line)

    return compile_portable(CompileOptions(portable, force=force), lines or Lines(), compile_one)


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
    assert bundle.component("vad").engine is None, "the runtime computes it from its graph"
    assert bundle.file("vad.onnx").read_bytes() == b"graph of vad"
    for component in (bundle.component("decoder"), bundle.component("draft")):
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


@pytest.mark.parametrize(("int8", "fp16", "kept"), [(90.0, 70.0, "fp16"), (50.0, 70.0, "int8")])
def test_an_aligners_pass_decides_as_a_step_does(int8: float, fp16: float, kept: str) -> None:
    figures = [Figures("int8", 10, CallTime("pass", int8)), Figures("fp16", 20, CallTime("pass", fp16))]
    best, sentence = choose(figures, ["int8", "fp16"])
    assert best.precision == kept
    assert f"ms a pass), faster than {'int8' if kept == 'fp16' else 'fp16'}" in sentence
    assert best.as_json(best)["pass_ms"] == min(int8, fp16)


class Failing:
    """Fails where int8 is compiled, kills where fp16 is, as long as it is told to."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.kills = True
        self.tried: list[str] = []

    def __call__(self, precision: str) -> None:
        self.tried.append(precision)
        if precision == "int8":
            raise self.error
        if self.kills:
            raise Killed


def killed_after_int8_failed(portable: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> Failing:
    fail = Failing(error)
    plant(monkeypatch, int8=1, fp16=7)
    with pytest.raises(Killed):
        compiled(portable, fail=fail)
    fail.tried.clear()
    fail.kills = False
    return fail


def test_a_resumed_run_does_not_try_again_what_failed(
    portable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail, lines = killed_after_int8_failed(portable, monkeypatch, GraphError("Myelin refuses it.")), Lines()
    bundle = open_bundle(compiled(portable, lines, fail).bundle)
    assert (fail.tried, bundle.manifest.precision) == (["fp16"], "fp16")
    (warned,) = (line for line in lines.warned if "passed over" in line)
    assert "Myelin refuses it." in warned
    assert "`--force` tries it" in warned
    first, _ = json.loads(bundle.path("trials.json").read_text("utf-8"))["candidates"]
    assert first["reason"].startswith("Myelin refuses it.")


def test_what_failed_is_tried_again_by_force_or_with_another_tensorrt(
    portable: Path, library: FakeBuilderLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail = killed_after_int8_failed(portable, monkeypatch, EngineMismatchError("It is wrong."))
    compiled(portable, fail=fail, force=True)
    assert fail.tried == ["int8", "fp16"]
    library.__version__ = "10.3.1"
    fail.tried.clear()
    compiled(portable, fail=fail)
    assert fail.tried == ["int8", "fp16"]


def test_a_want_of_memory_is_not_remembered(portable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_precision(portable, "int4", memory=5)
    fail = Failing(ResourceError("Memory ran out."))
    plant(monkeypatch, int8=1, fp16=7, int4=9)
    with pytest.raises(Killed):
        compiled(portable, fail=fail)
    fail.tried.clear()
    fail.kills = False
    compiled(portable, fail=fail)
    assert fail.tried[0] == "int8", "somebody may have freed memory"


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
