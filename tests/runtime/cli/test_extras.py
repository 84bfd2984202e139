"""A wheel with `[cpu]` alone offers what it can do and refuses the rest with what to install."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from importlib.util import find_spec

import pytest

from edge_runtime.cli import extras
from edge_runtime.errors import ExitCode
from tests.support.command import Command

EXPORT = (
    "torch",
    "transformers",
    "onnx",
    "onnxscript",
    "onnx_ir",
    "safetensors",
    "huggingface_hub",
    "tokenizers",
)
BENCH = ("kaldialign",)


class Absent:
    """Finds nothing where the packages of extras are looked for."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name.partition(".")[0] in self._names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


@pytest.fixture
def cpu_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No extra but `cpu` is installed."""
    for name in [name for name in sys.modules if name.partition(".")[0] in (*EXPORT, *BENCH)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Absent((*EXPORT, *BENCH)), *sys.meta_path])


@pytest.mark.usefixtures("cpu_alone")
def test_what_cannot_run_is_not_listed(command: Command) -> None:
    listed = command("--help").out
    assert not [name for name in ("build-engines", "eval ", "gate ") if name in listed]
    assert [name for name in ("compile", "run", "align", "bench", "eval-align") if name not in listed] == []


@pytest.mark.usefixtures("cpu_alone")
@pytest.mark.parametrize("arguments", [(), ("mini",), ("--help",), ("mini", "--precision", "int8", "-q")])
@pytest.mark.parametrize(
    ("name", "module", "extra"),
    [("build-engines", "torch", "export"), ("eval", "kaldialign", "bench"), ("gate", "kaldialign", "bench")],
)
def test_what_cannot_run_says_what_to_install(
    command: Command, name: str, module: str, extra: str, arguments: tuple[str, ...]
) -> None:
    outcome = command(name, *arguments)
    assert outcome.code == ExitCode.BACKEND
    assert outcome.error == (
        f"`edge-asr {name}` needs the Python package {module!r}, which is not installed. "
        f"Install it: `pip install 'edge-asr[{extra}]'`."
    )


@pytest.mark.parametrize(
    ("missing", "code", "message"),
    [
        ("safetensors.torch", ExitCode.BACKEND, "pip install 'edge-asr[export]'"),
        ("nagisa", ExitCode.BACKEND, "pip install 'edge-asr[ja]'"),
        ("edge_runtime.absent", ExitCode.INTERNAL, "This is a defect of edge-asr"),
    ],
)
def test_a_module_that_is_missing_in_the_middle_of_a_command_is_told_by_its_extra(
    command: Command, monkeypatch: pytest.MonkeyPatch, missing: str, code: ExitCode, message: str
) -> None:
    def stop(_: object) -> None:
        raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)

    monkeypatch.setattr("edge_runtime.cli.info.choose_bundle", stop)
    outcome = command("info")
    assert outcome.code == code
    assert message in outcome.error


def test_every_extra_is_one_of_the_package() -> None:
    assert extras.extra_of("onnx_ir.passes") == "export"
    assert extras.extra_of("numpy") is extras.extra_of(None) is None


def test_with_everything_installed_every_command_is_listed() -> None:
    absent = [module for module in (*EXPORT, *BENCH) if find_spec(module) is None]
    if absent:
        pytest.skip(f"not installed: {', '.join(absent)}")
    command = [sys.executable, "-m", "edge_runtime", "--help"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert [name for name in ("build-engines", "eval ", "gate ") if name not in listed] == []
