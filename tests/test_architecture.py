"""What the parts of the project may know of each other."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import edge_runtime

ROOT = Path(__file__).parents[1]
HEAVY = {
    *("torch", "transformers", "onnx", "onnxscript", "onnxruntime", "tensorrt", "tensorrt_rtx"),
    *("cuda", "safetensors"),
    *("typer", "click", "soundfile", "soxr", "tokenizers", "edge_export", "edge_bench", "edge_mini"),
}


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter holds after `statement`."""
    program = f"import sys; {statement}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_importing_the_runtime_loads_numpy_and_nothing_heavy() -> None:
    loaded = loaded_by("import edge_runtime")
    assert "numpy" in loaded
    assert not loaded & HEAVY


def test_the_command_line_loads_no_back_end_and_no_exporter_to_show_its_help() -> None:
    loaded = loaded_by("from edge_runtime.cli.app import build_app; build_app()")
    assert not loaded & (HEAVY - {"typer", "click", "edge_export", "edge_bench"})


def test_the_public_names_are_those_that_are_listed() -> None:
    public = {
        name
        for name, value in vars(edge_runtime).items()
        if not name.startswith("_") and not isinstance(value, ModuleType) and name != "annotations"
    }
    assert sorted(public) == list(edge_runtime.__all__)


def test_imports_keep_to_the_contracts() -> None:
    program = shutil.which("lint-imports", path=Path(sys.executable).parent)
    assert program, "import-linter is not installed: pip install -e .[dev]"
    done = subprocess.run([program], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
