"""The command: its output streams and its refusals."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from edge_export.cli import register
from edge_export.pipeline import pipeline
from edge_export.pipeline.gate import GateOptions
from edge_export.pipeline.job import BuildOptions
from edge_export.pipeline.pipeline import BuildResult
from edge_runtime.errors import UsageError


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    register(app)
    app.command("other")(lambda: None)
    return app


@pytest.fixture
def requested_builds(monkeypatch: pytest.MonkeyPatch) -> list[BuildOptions]:
    """Records requested builds without running them."""
    calls: list[BuildOptions] = []

    def build(options: BuildOptions, reporter: pipeline.Reporter) -> BuildResult:
        calls.append(options)
        reporter.progress("a stage")
        reporter.warn("a warning")
        return BuildResult(Path("/bundles/x"), "built", ("encoder",), 1.23456, {"tokens_total": 1})

    monkeypatch.setattr(pipeline, "build", build)
    return calls


def test_stdout_is_the_bundle_and_nothing_else(
    app: typer.Typer, requested_builds: list[BuildOptions]
) -> None:
    result = CliRunner().invoke(app, ["build-engines"])
    assert (result.exit_code, result.stdout) == (0, "/bundles/x\n")
    assert result.stderr == "warning: a warning\n"
    assert requested_builds == [BuildOptions(model="mini")]


def test_verbose_shows_progress_and_quiet_shows_nothing(
    app: typer.Typer, requested_builds: list[BuildOptions]
) -> None:
    assert "a stage\n" in CliRunner().invoke(app, ["build-engines", "-v"]).stderr
    assert CliRunner().invoke(app, ["build-engines", "-q"]).stderr == ""


def test_json_is_one_document(app: typer.Typer, requested_builds: list[BuildOptions]) -> None:
    actual = json.loads(CliRunner().invoke(app, ["build-engines", "--json"]).stdout)
    assert actual == {
        "bundle": "/bundles/x",
        "status": "built",
        "reused": ["encoder"],
        "seconds": 1.235,
        "parity": {"tokens_total": 1},
        "gate": None,
    }


def test_every_flag_arrives(app: typer.Typer, requested_builds: list[BuildOptions]) -> None:
    flags = "build-engines a/b -o out --target ort-cpu --precision fp32 --model-dir cache --revision r"
    CliRunner().invoke(app, [*flags.split(), "--local-files-only", "--source", "modelscope", "--force"])
    (options,) = requested_builds
    assert (options.model, options.output, options.force) == ("a/b", Path("out"), True)
    hub = options.hub
    assert (hub.hub, hub.model_dir, hub.revision, hub.local_files_only) == (
        "modelscope",
        Path("cache"),
        "r",
        True,
    )


def test_flags_of_engines_arrive(app: typer.Typer, requested_builds: list[BuildOptions]) -> None:
    flags = "build-engines --target tensorrt-rtx --recipe rtx --compute-capability 8.6,8.9"
    CliRunner().invoke(app, [*flags.split(), "--compute-capability", "12.0"])
    (options,) = requested_builds
    assert (options.target, options.recipe) == ("tensorrt-rtx", "rtx")
    assert options.capabilities == ("8.6,8.9", "12.0")


def test_flags_of_a_gate_arrive(app: typer.Typer, requested_builds: list[BuildOptions]) -> None:
    flags = "build-engines --gate-on list --gate-reference exact --gate-limit points=1 --gate-limit early=2"
    CliRunner().invoke(app, flags.split())
    (options,) = requested_builds
    assert options.gate == GateOptions(Path("list"), Path("exact"), ("points=1", "early=2"))


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--target", "ort-cuda", "--lowering", "ort"], "--lowering is for --target ort-cpu"),
        (["--target", "ort-cuda", "--kv-cache-dtype", "float16"], "--kv-cache-dtype is for --target ort-cpu"),
        (["--kv-cache-dtype", "int8"], "--kv-cache-dtype 'int8' is unknown; choose float32 or float16"),
        (["--target", "npu"], "--target 'npu' is unknown; choose ort-cpu"),
        (
            ["--precision", "int3"],
            "--precision 'int3' is unknown; choose fp32 or fp16 or int8 or",
        ),
        (["--gate-limit", "points=1"], "--gate-reference and --gate-limit are for --gate-on"),
        (["--source", "ftp"], "--source 'ftp' is unknown; choose hf or modelscope"),
    ],
)
def test_what_cannot_be_built_is_refused(
    app: typer.Typer, requested_builds: list[BuildOptions], flags: list[str], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        CliRunner().invoke(app, ["build-engines", *flags], catch_exceptions=False)
    assert not requested_builds


def test_help_is_quick_and_imports_nothing_heavy() -> None:
    code = (
        "import sys, typer; from edge_export.cli import register; app = typer.Typer(); register(app)\n"
        "app.command('other')(lambda: None)\n"
        "try: app(['build-engines', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'onnx', 'onnx_ir', 'onnxruntime', 'huggingface_hub'}\n"
        "heavy &= set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    root = Path(__file__).parents[2]
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": f"{root}:{root / 'export'}", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "--output-dir" in done.stdout
    # Processor time: wall-clock time includes other work of the machine.
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 1
