"""Portable bundles are compiled, tried and installed on a device that has TensorRT alone."""

from __future__ import annotations

import errno
import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from edge_export.cli import register
from edge_export.compile import component as components
from edge_export.compile import machine as machines
from edge_export.compile import run as compile_run
from edge_export.compile.child import ChildDiedError, run_in_child
from edge_export.compile.component import ComponentJob, compile_component
from edge_export.compile.run import CompileOptions, CompileResult, compile_apart, compile_portable
from edge_export.compile.timing import step_seconds
from edge_export.engine.selftest import trial
from edge_runtime.arrays import Array
from edge_runtime.backends import advice
from edge_runtime.backends.cuda.runtime import CudaDevice
from edge_runtime.backends.session import EngineEnvironment
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.bundle.portable import open_portable
from edge_runtime.errors import (
    BackendUnavailableError,
    ChecksumError,
    EngineMismatchError,
    ExitCode,
    ResourceError,
    StaleEngineError,
    UsageError,
)
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.prompt import build_prompt
from edge_runtime.verification.staleness import rebuild_command, require_fresh
from tests.export.compile.portable import BUCKETS, COMPONENTS, FakeBuilderLibrary, write_portable
from tests.export.conftest import ROOT, Lines
from tests.export.support.stopped_builds import Killed
from tests.support.fake_session import Compute, FakeSession
from tests.support.manifests import PROMPT
from tests.support.token_decoder import legacy, modern

ORIN = CudaDevice("Orin", "8.7", 7_400_000_000, "12.6")


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> FakeBuilderLibrary:
    """A device: a fake TensorRT 10.3, a fake GPU, and engines that compute what their graphs do."""
    return put(monkeypatch, "10.3.0", legacy)


def put(monkeypatch: pytest.MonkeyPatch, version: str, compute: Compute) -> FakeBuilderLibrary:
    module = FakeBuilderLibrary(version)
    monkeypatch.setitem(sys.modules, "tensorrt", module)
    monkeypatch.setattr(machines, "find_gpu", lambda: ORIN)
    monkeypatch.setattr(trial, "why_unusable", lambda _: None)
    environment = EngineEnvironment(compute_capability="8.7")
    monkeypatch.setattr(trial, "engine_environment", lambda *_: environment)
    for module_name in (trial, components):
        monkeypatch.setattr(module_name, "open_session", lambda _, part, *__: FakeSession(part, compute))
    return module


@pytest.fixture
def portable(tmp_path: Path) -> Path:
    return write_portable(tmp_path / "tiny.jetpack-6.2.int8")


def compiled(portable: Path, lines: Lines | None = None, **options: Any) -> CompileResult:
    """Compile in this process, where the fakes are."""
    return compile_portable(CompileOptions(portable, **options), lines or Lines(), compile_component)


def test_a_portable_bundle_becomes_a_bundle_of_engines(portable: Path, library: FakeBuilderLibrary) -> None:
    result = compiled(portable)
    assert (result.status, result.bundle.name) == ("built", "tiny.tensorrt.int8")
    bundle = open_bundle(result.bundle)
    assert set(bundle.manifest.files) == {
        *(f"{name}.plan" for name in COMPONENTS),
        *("answers.npz", "tokenizer.json", "trials.json"),
    }
    for name in COMPONENTS:
        assert bundle.path(f"{name}.plan").read_bytes() == f"plan of graph of {name}".encode()
        engine = bundle.component(name).engine
        assert engine is not None
        assert (engine.version, engine.gpu, engine.driver) == ("10.3.0", "Orin", "12.6")
        assert f"compiled_from:{portable}" in engine.flags
        assert set(engine.onnx) == {f"{name}.onnx", f"{name}.onnx.data"}
    trials = json.loads(bundle.path("trials.json").read_text("utf-8"))
    assert {name: [each["verdict"] for each in tried] for name, tried in trials.items()} == {
        name: ["passed"] for name in COMPONENTS
    }
    assert not (portable.parent / ".build" / result.bundle.name).exists()


def test_the_time_of_a_step_on_this_device_is_kept_in_the_bundle(
    portable: Path, library: FakeBuilderLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = {rows: 0.0125 * rows for rows in BUCKETS}
    monkeypatch.setattr(components, "step_seconds", lambda _, __, prompt: times[prompt.num_cache_rows])
    lines = Lines()
    bundle = open_bundle(compiled(portable, lines).bundle)
    trials = json.loads(bundle.path("trials.json").read_text("utf-8"))
    assert trials["decoder"][-1]["step_ms"] == 400
    assert trials["decoder"][-1]["step_ms_by_rows"] == {"32": 400, "96": 1200}
    assert "decoder: a step that reads 32 rows takes 400.00 ms" in lines.progressed


def test_a_step_is_the_median_of_those_after_the_first(portable: Path) -> None:
    graphs = open_portable(portable).graphs
    prompt = DecoderInput(build_prompt(PROMPT, 0), np.ones((0, 4), np.float32), 56)
    times = iter([0.0, 9.0] * 8 + [1.0, 3.0] * 24 + [1.0, 4.0] * 23 + [0.0, 99.0])
    session = FakeSession(graphs.component("decoder"), legacy)
    assert step_seconds(session, graphs.manifest, prompt, lambda: next(times)) == 2.5
    assert next(times, None) is None


def test_the_builder_gets_a_strongly_typed_network_and_the_profiles(
    portable: Path, library: FakeBuilderLibrary
) -> None:
    compiled(portable)
    (_, config), _ = library.built
    profile, *steps = config.profiles
    assert [each.shapes["past_key_0"] for each in steps] == [((1, 1, rows, 1),) * 3 for rows in BUCKETS]
    assert profile.shapes["input_ids"] == ((1, 1), (1, 16), (1, 16))
    assert profile.shapes["past_key_0"] == ((1, 1, 1, 1), (1, 1, 96, 1), (1, 1, 96, 1))


def test_what_is_compiled_is_not_compiled_again(portable: Path, library: FakeBuilderLibrary) -> None:
    compiled(portable)
    assert compiled(portable).status == "up_to_date"
    assert compiled(portable, force=True).status == "built"
    library.__version__ = "10.3.1"
    assert compiled(portable).status == "built", "another TensorRT"


def test_a_stopped_run_installs_nothing_and_goes_on_where_it_ended(
    portable: Path, library: FakeBuilderLibrary
) -> None:
    def killed(job: Any, folder: Path, on_line: Any) -> None:
        if job.component == COMPONENTS[1]:
            raise Killed
        compile_component(job, folder, on_line)

    with pytest.raises(Killed):
        compile_portable(CompileOptions(portable), Lines(), killed)
    assert not (portable.parent / "tiny.tensorrt.int8").exists()
    result = compiled(portable)
    assert (result.status, result.reused) == ("built", COMPONENTS[:1])
    assert len(library.built) == 2


def wrong(feeds: Mapping[str, Array]) -> Mapping[str, Array]:
    outputs = dict(legacy(feeds))
    return {**outputs, "logprob": outputs["logprob"] - 9}


def test_wrong_engines_are_not_installed(portable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, "10.3.0", wrong)
    with pytest.raises(EngineMismatchError, match="with attention fused and decomposable") as caught:
        compiled(portable)
    assert caught.value.exit_code == ExitCode.CHECK_FAILED
    assert not (portable.parent / "tiny.tensorrt.int8").exists()


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
    put(monkeypatch, "10.16.2", legacy)
    lines = Lines()
    assert compiled(portable, lines).status == "built"
    assert any("written for TensorRT 10.3, 10.16.2 is installed" in line for line in lines.warned)


def test_modern_graphs_are_compiled_by_the_library_that_they_are_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(monkeypatch, "10.16.2", modern)
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


def test_a_full_disk_is_an_error_that_says_so_and_leaves_nothing(
    portable: Path, library: FakeBuilderLibrary
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ResourceError, match="No space left on device while building"):
        compile_portable(CompileOptions(portable), Lines(), full)
    assert not (portable.parent / "tiny.tensorrt.int8").exists()
    assert compiled(portable).status == "built"


def test_a_disk_that_fills_in_the_middle_keeps_what_is_finished(
    portable: Path, library: FakeBuilderLibrary
) -> None:
    def full(job: ComponentJob, folder: Path, on_line: Any) -> None:
        if job.component == COMPONENTS[1]:
            (folder / job.plan_name).write_bytes(b"half a pl")
            run_in_child(_fill_disk)
        compile_component(job, folder, on_line)

    with pytest.raises(ResourceError, match="finished stages are kept") as caught:
        compile_portable(CompileOptions(portable), Lines(), full)
    assert "\n" not in str(caught.value)
    assert not (portable.parent / "tiny.tensorrt.int8").exists()
    assert compiled(portable).reused == COMPONENTS[:1]


def _fill_disk() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


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


def test_a_damaged_graph_is_refused_before_tensorrt_sees_it(
    portable: Path, library: FakeBuilderLibrary
) -> None:
    (portable / "draft.onnx.data").write_bytes(b"x" * 100)
    with pytest.raises(ChecksumError, match=r"draft\.onnx\.data"):
        compiled(portable)
    assert library.built == []


def test_the_portable_bundle_is_never_replaced(portable: Path, library: FakeBuilderLibrary) -> None:
    with pytest.raises(UsageError, match="the portable bundle itself"):
        compiled(portable, output=portable)


def test_engines_that_became_stale_name_the_command_that_compiles_them(
    portable: Path, library: FakeBuilderLibrary
) -> None:
    bundle = open_bundle(compiled(portable).bundle)
    command = rebuild_command(bundle.manifest, EngineEnvironment(version="10.16.2"), bundle.directory)
    assert command == f"edge-asr compile {portable} --output-dir {bundle.directory}"


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _fail(message: str) -> None:
    raise ResourceError(message)


def test_a_child_that_dies_is_an_error_and_its_errors_arrive() -> None:
    run_in_child(json.dumps, {})
    with pytest.raises(ChildDiedError):
        run_in_child(_die)
    with pytest.raises(ResourceError, match="no memory"):
        run_in_child(_fail, "no memory")


def test_a_job_travels_to_the_compilers_process(portable: Path) -> None:
    opened = open_portable(portable)
    record = opened.spec.records["decoder"]
    job = ComponentJob("decoder", opened, record, portable / "timing.cache")
    assert pickle.loads(pickle.dumps(job)) == job  # noqa: S301 - our own


def test_a_compiler_that_the_system_kills_is_said_to_want_memory(
    portable: Path, library: FakeBuilderLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any) -> None:
        raise ChildDiedError

    monkeypatch.setattr(compile_run, "run_in_child", killed)
    with pytest.raises(ResourceError, match=r"decoder engine was stopped.*memory.*finished engines are kept"):
        compile_portable(CompileOptions(portable), Lines(), compile_apart)


def test_the_command_prints_the_bundle(
    portable: Path, library: FakeBuilderLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compile_run, "compile_portable", lambda options, _: compiled(options.bundle))
    app = typer.Typer()
    register(app)
    result = CliRunner().invoke(app, ["compile", str(portable)])
    assert (result.exit_code, result.stdout.strip()) == (0, str(portable.with_name("tiny.tensorrt.int8")))
    refused = CliRunner().invoke(app, ["compile", str(portable), "--attention", "primitive"])
    assert isinstance(refused.exception, UsageError)


_WITHOUT_EXPORT = """
import sys
for name in ("torch", "transformers", "onnx", "onnxscript", "onnx_ir", "onnxruntime", "safetensors",
             "huggingface_hub", "tokenizers", "soundfile", "soxr", "typer"):
    sys.modules[name] = None
import edge_export.compile.run
import edge_export.compile.component
roots = {name.partition(".")[0] for name in sys.modules if getattr(sys.modules[name], "__file__", None)}
installed = {name for name in roots if "site-packages" in sys.modules[name].__file__}
print(" ".join(sorted(installed - {"edge_export", "edge_runtime"})))
"""


def test_compiling_imports_numpy_and_msgspec_alone() -> None:
    path = os.pathsep.join([str(ROOT), str(ROOT / "export")])
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_EXPORT],
        env={**os.environ, "PYTHONPATH": path},
        check=True,
        capture_output=True,
        text=True,
    )
    # The last two come with numpy, and with the environment.
    allowed = {"msgspec", "numpy", "typing_extensions", "_distutils_hack"}
    assert set(done.stdout.split()) <= allowed
