"""Portable bundles are compiled, tried and installed on a device that has TensorRT alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from edge_export.cli import register
from edge_export.compile import run as compile_run
from edge_runtime.arrays import Array
from edge_runtime.backends.session import EngineEnvironment
from edge_runtime.bundle.bundle import open_bundle
from edge_runtime.errors import (
    ChecksumError,
    EngineMismatchError,
    ExitCode,
    UsageError,
)
from edge_runtime.verification.staleness import rebuild_command
from tests.export.compile.device import compiled, put_tensorrt
from tests.export.compile.portable import BUCKETS, COMPONENTS, FakeBuilderLibrary
from tests.export.conftest import ROOT
from tests.support.process import unmeasured
from tests.support.token_decoder import legacy


def test_a_portable_bundle_becomes_a_bundle_of_engines(portable: Path, library: FakeBuilderLibrary) -> None:
    result = compiled(portable)
    assert (result.status, result.bundle.name) == ("built", "tiny.tensorrt.int8")
    bundle = open_bundle(result.bundle)
    assert set(bundle.manifest.files) == {
        *(f"{name}.plan" for name in COMPONENTS),
        *("answers.npz", "tokenizer.json", "trials.json", "vad.onnx"),
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


def wrong(feeds: Mapping[str, Array]) -> Mapping[str, Array]:
    outputs = dict(legacy(feeds))
    return {**outputs, "logprob": outputs["logprob"] - 9}


def test_wrong_engines_are_not_installed(portable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_tensorrt(monkeypatch, "10.3.0", wrong)
    with pytest.raises(EngineMismatchError, match="with attention fused and decomposable") as caught:
        compiled(portable)
    assert caught.value.exit_code == ExitCode.CHECK_FAILED
    assert not (portable.parent / "tiny.tensorrt.int8").exists()


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
        env={**unmeasured(os.environ), "PYTHONPATH": path},
        check=True,
        capture_output=True,
        text=True,
    )
    # The last two come with numpy, and with the environment.
    allowed = {"msgspec", "numpy", "typing_extensions", "_distutils_hack"}
    assert set(done.stdout.split()) <= allowed
