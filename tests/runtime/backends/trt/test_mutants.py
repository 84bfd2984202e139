"""Mistakes planted in a copy of the TensorRT session: the quick tests of the session catch each of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
BACKENDS = "edge_runtime/backends"
TESTS = "tests/runtime/backends"
QUICK = (
    f"{TESTS}/cuda/test_arena.py",
    *(
        f"{TESTS}/trt/test_{name}.py"
        for name in (
            *("session", "graphs", "tensors", "rows"),
            *("decoder_on_engines", "batch_on_engines", "failures"),
        )
    ),
)
COPIED = ("edge_runtime", "tests/support", f"{TESTS}/cuda", f"{TESTS}/trt")
TESTS_FAILED = 1
"""Exit code of pytest; 2 and more are for tests that could not be run."""


@dataclass(frozen=True)
class Mutant:
    """A mistake: in one file, each of some texts is replaced."""

    file: str
    edits: tuple[tuple[str, str], ...]


def mutant(file: str, old: str, new: str = "") -> Mutant:
    return Mutant(file, ((old, new),))


APPEND = """                if chain.appended:
                    self.append_rows(*chain.appended, [int(start) for start in lengths])
"""
RUN_STEP = "                context.run(shapes)\n"
MUTANTS = {
    "a run is not waited for": mutant(
        "trt/binding.py",
        "            self._runner.stream.synchronize()\n            self._runner.note_run("
        "is_first=is_first)\n        return {",
        "            self._runner.note_run(is_first=is_first)\n        return {",
    ),
    "several steps are not waited for": mutant("trt/binding.py", "            stream.synchronize()\n"),
    "the first run is captured": mutant(
        "trt/context.py", "self._capture and self.is_warm and", "self._capture and"
    ),
    "an address is left out": mutant(
        "trt/context.py",
        "in memory.addresses.items():\n            engine.call",
        "in list(memory.addresses.items())[1:]:\n            engine.call",
    ),
    "a context has no memory": mutant(
        "trt/context.py", "        _set_device_memory(self._context, scratch, engine.scratch_bytes)\n"
    ),
    "the memory of contexts is freed": mutant(
        "trt/runner.py",
        'scratch = self._scratch.address("")',
        'scratch = Arena(self.stream.cuda.malloc, self.stream.cuda.free, {"": 1000}).address("")',
    ),
    "all steps share one pinned place": mutant("trt/buffers.py", 'return f"{name} {run}"', "return name"),
    "rows are appended before their step": Mutant(
        "trt/binding.py", ((APPEND, ""), (RUN_STEP, APPEND + RUN_STEP))
    ),
    "the counter stands still": mutant(
        "trt/binding.py", "lengths = feeds[chain.counter] + run", "lengths = feeds[chain.counter]"
    ),
    "a step is not fed by the one before": mutant(
        "trt/context.py", "in (self._fed_back or {}).items():", "in dict[str, str]().items():"
    ),
    "an input is not uploaded": mutant("trt/context.py", "in self._uploads:", "in self._uploads[1:]:"),
    "the engine runs on the default stream": mutant(
        "trt/context.py",
        'self._engine.call("running the engine", self._context.execute_async_v3, self._stream.handle)',
        'self._engine.call("running the engine", self._context.execute_async_v3, 0)',
    ),
    "the thread's device is not set": mutant(
        "trt/runner.py", "            self.stream.cuda.set_device(self._device_id)\n"
    ),
    "regions are not aligned": mutant("cuda/arena.py", "_ALIGNMENT: Final = 256", "_ALIGNMENT: Final = 4"),
    "a slice begins where its tensor does": mutant(
        "trt/rows.py", 'self.arena.address("") + self.offset', 'self.arena.address("")'
    ),
    "heads move onto heads that have not moved": mutant("trt/rows.py", "start = (end + 1) // 2", "start = 1"),
    "rows of a batch are appended as those of one sequence": mutant(
        "trt/rows.py", "if spacing == num_heads * pitch:", "if spacing:"
    ),
    "a lost GPU is used again": mutant("trt/runner.py", "            self._lost = str(error)\n"),
    "finalizers run during a capture": mutant("cuda/stream.py", "        gc.disable()\n"),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_the_mistake_can_be_planted(name: str) -> None:
    text = (ROOT / BACKENDS / MUTANTS[name].file).read_text("utf-8")
    assert [text.count(old) for old, _ in MUTANTS[name].edits] == [1] * len(MUTANTS[name].edits)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the runtime, of its TensorRT tests and of what they need."""
    ignored = shutil.ignore_patterns("__pycache__")
    for folder in COPIED:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    for file in ("pyproject.toml", "tests/conftest.py", "tests/runtime/conftest.py"):
        shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path


def run_quick_tests(copy: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *QUICK]
    return subprocess.run(command, cwd=copy, env=environment, check=False, capture_output=True, text=True)


@pytest.mark.slow
def test_the_copy_without_a_mistake_passes(copy: Path) -> None:
    done = run_quick_tests(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mistake_is_caught(copy: Path, name: str) -> None:
    path = copy / BACKENDS / MUTANTS[name].file
    text = path.read_text("utf-8")
    for old, new in MUTANTS[name].edits:
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
    done = run_quick_tests(copy)
    assert done.returncode == TESTS_FAILED, done.stdout
    assert "\nFAILED " in done.stdout, "a test failed, which no fixture kept from running"
