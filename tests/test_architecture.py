"""What the parts of the project may know of each other."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import edge_runtime

ROOT = Path(__file__).parents[1]
MAX_MODULES = 16
ONE_OF_A_KIND = {ROOT / "edge_runtime" / "writers"}
"""Folders with a module for each format."""
HEAVY = {
    *("torch", "transformers", "onnx", "onnxscript", "onnxruntime", "tensorrt", "tensorrt_rtx"),
    *("cuda", "safetensors"),
    *("starlette", "uvicorn", "websockets", "prometheus_client", "multipart"),
    *("typer", "click", "soundfile", "soxr", "tokenizers", "edge_export", "edge_bench", "edge_mini"),
}


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules that `statement` adds to those of a fresh interpreter."""
    # Not all of those are Python's: cuda-bindings 12.9 imports itself when an interpreter starts.
    program = (
        "import sys; first = set(sys.modules); "
        f"{statement}; print(*{{name.partition('.')[0] for name in set(sys.modules) - first}})"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_importing_the_runtime_loads_numpy_and_nothing_heavy() -> None:
    loaded = loaded_by("from edge_runtime import *")
    assert "numpy" in loaded
    assert not loaded & HEAVY


def test_the_package_alone_loads_nothing_that_needs_memory_so_that_the_command_can_say_so() -> None:
    assert not loaded_by("import edge_runtime.cli") & {"numpy", "msgspec", *HEAVY}


def test_the_command_line_loads_no_back_end_and_no_exporter_to_show_its_help() -> None:
    loaded = loaded_by("from edge_runtime.cli.app import build_app; build_app()")
    assert not loaded & (HEAVY - {"typer", "click", "edge_export", "edge_bench"})


def test_the_public_names_are_those_that_are_listed_each_of_its_own_module() -> None:
    assert list(edge_runtime.__all__) == sorted(edge_runtime.__all__)
    assert set(edge_runtime.__all__) <= set(dir(edge_runtime))
    for name in edge_runtime.__all__:
        value = getattr(edge_runtime, name)
        assert (value.__name__, value.__module__.partition(".")[0]) == (name, "edge_runtime")
    with pytest.raises(AttributeError, match="no attribute 'transcribe'"):
        _ = edge_runtime.transcribe


def test_imports_keep_to_the_contracts() -> None:
    program = shutil.which("lint-imports", path=Path(sys.executable).parent)
    assert program, "import-linter is not installed: pip install -e .[dev]"
    done = subprocess.run([program], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


PRIVATE = re.compile(r"_[A-Za-z]\w*")
OURS = re.compile(r"(edge_\w+|tests)(\.|$)")
NAMED_TUPLE = {"_asdict", "_fields", "_make", "_replace"}


def private_names(source: str) -> Iterator[str]:
    """Yield what a module imports, reads or patches of others although it is private to them."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ImportFrom(module=str(module), names=names) if OURS.match(module):
                paths = [f"{module}.{alias.name}" for alias in names]
            case ast.Constant(value=str(path)) if OURS.match(path):
                paths = [path]
            case ast.Call(func=ast.Attribute(attr=called) | ast.Name(id=called), args=[_, named, *_]) if (
                called in {"getattr", "setattr", "delattr"} and isinstance(named, ast.Constant)
            ):
                paths = [str(named.value)]
            case ast.Attribute(value=ast.Name(id="self" | "cls")):
                continue
            case ast.Attribute(attr=name) if name not in NAMED_TUPLE:
                paths = [name]
            case _:
                continue
        yield from (path for path in paths if any(map(PRIVATE.fullmatch, path.split("."))))


@pytest.mark.parametrize(
    "line",
    [
        "from edge_runtime.audio import _read",
        "from tests.support.command import _parse",
        "monkeypatch.setattr('edge_runtime.audio._read', None)",
        "monkeypatch.setattr(audio, '_read', None)",
        "getattr(audio, '_read')",
        "recognizer._decoder.prefill",
        "self.recognizer._decoder",
    ],
)
def test_what_is_private_is_noticed(line: str) -> None:
    assert list(private_names(line))


@pytest.mark.parametrize(
    "line",
    [
        "self._seen",
        "usage._replace(free=1)",
        "from edge_bench.peers import __main__",
        "from transformers.models import _reference",
        "'a_b _x_'",
    ],
)
def test_what_is_a_tests_own_or_public_is_not(line: str) -> None:
    assert not list(private_names(line))


def test_no_folder_holds_more_than_sixteen_modules_unless_each_is_one_of_a_kind() -> None:
    folders = [
        folder
        for package in ("edge_runtime", "export/edge_export", "bench/edge_bench")
        for folder in (ROOT / package).rglob("*")
        if folder.is_dir() and folder not in ONE_OF_A_KIND
    ]
    modules = {folder: {path.name for path in folder.glob("*.py")} - {"__init__.py"} for folder in folders}
    assert {folder.name: len(names) for folder, names in modules.items() if len(names) > MAX_MODULES} == {}


def test_tests_know_the_product_by_its_public_names() -> None:
    problems = {
        str(path.relative_to(ROOT)): names
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if (names := list(private_names(path.read_text("utf-8"))))
    }
    assert not problems
