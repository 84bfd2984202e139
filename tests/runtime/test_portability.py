"""Nothing but Python and its packages is needed to import the runtime: no POSIX, so macOS and Windows do."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

POSIX_MODULES = {
    "fcntl",
    "grp",
    "nis",
    "posix",
    "pty",
    "pwd",
    "readline",
    "resource",
    "spwd",
    "syslog",
    "termios",
    "tty",
}
POSIX_NAMES = {
    "mmap": {"MAP_ANONYMOUS", "MAP_PRIVATE", "MAP_SHARED", "PROT_READ", "PROT_WRITE"},
    "os": {
        *(
            "chown",
            "fchmod",
            "fork",
            "forkpty",
            "getegid",
            "geteuid",
            "getgid",
            "getpgid",
            "getuid",
            "getloadavg",
        ),
        *(
            "killpg",
            "mkfifo",
            "nice",
            "posix_fadvise",
            "pread",
            "register_at_fork",
            "sched_getaffinity",
            "setsid",
        ),
        *("statvfs", "sysconf", "uname", "wait"),
    },
    "signal": {
        "SIGALRM",
        "SIGHUP",
        "SIGKILL",
        "SIGPIPE",
        "SIGQUIT",
        "SIGUSR1",
        "SIGUSR2",
        "alarm",
        "setitimer",
    },
}
"""Names that Windows lacks."""
APART = ROOT / "edge_runtime" / "audio"
"""Runs ffmpeg with limits of its own; its own tests say where."""
GUARDS = {"hasattr", "getattr"}


def _modules() -> list[Path]:
    return [path for path in sorted((ROOT / "edge_runtime").rglob("*.py")) if APART not in path.parents]


def _outside_functions(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield what runs when a module is imported, but for the branches of a test with `hasattr`."""
    waiting: list[ast.AST] = [*tree.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and any(
            isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in GUARDS
            for part in ast.walk(node.test)
        ):
            continue
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)


def posix_uses(source: str) -> list[str]:
    """Return the POSIX modules and names that a module uses when it is imported."""
    uses = []
    for node in _outside_functions(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                uses += [alias.name for alias in names if alias.name in POSIX_MODULES]
            case ast.ImportFrom(module=str(module), names=names) if module in POSIX_MODULES:
                uses.append(module)
            case ast.ImportFrom(module=str(module), names=names) if module in POSIX_NAMES:
                uses += [f"{module}.{alias.name}" for alias in names if alias.name in POSIX_NAMES[module]]
            case ast.Attribute(value=ast.Name(id=module), attr=name) if name in POSIX_NAMES.get(module, ()):
                uses.append(f"{module}.{name}")
    return uses


@pytest.mark.parametrize(
    "source",
    [
        "import resource",
        "from fcntl import flock",
        "import signal\nSTOP = signal.SIGHUP",
        "from os import fork",
        "class A:\n    import pwd",
        "if True:\n    import termios",
    ],
)
def test_what_only_posix_has_is_noticed(source: str) -> None:
    assert posix_uses(source)


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    import resource",
        "import os\nif hasattr(os, 'fork'):\n    os.register_at_fork()",
        "import signal\nSTOP = signal.SIGTERM",
    ],
)
def test_what_a_function_or_a_guard_uses_is_not(source: str) -> None:
    assert not posix_uses(source)


def test_no_module_of_the_runtime_needs_posix_to_be_imported() -> None:
    uses = {str(path.relative_to(ROOT)): posix_uses(path.read_text("utf-8")) for path in _modules()}
    assert {path: names for path, names in uses.items() if names} == {}


def test_data_is_found_by_its_package_so_that_a_frozen_program_has_it() -> None:
    places = [path for path in _modules() if "__file__" in path.read_text("utf-8")]
    assert [str(path.relative_to(ROOT)) for path in places] == []


OTHER_SYSTEM = """
import asyncio, mmap, multiprocessing, os, pathlib, selectors, signal, subprocess, sys, tempfile
import numpy, msgspec, typer, onnxruntime, soundfile, soxr
import multipart, prometheus_client, starlette.applications, uvicorn, websockets
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in HIDDEN:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
for name in HIDDEN:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Absent())
for module, names in NAMES.items():
    for name in names:
        if hasattr(sys.modules[module], name):
            delattr(sys.modules[module], name)
sys.platform = "win32"
"""
IMPORT_ALL = """
import importlib, pkgutil, edge_runtime
for module in pkgutil.walk_packages(edge_runtime.__path__, "edge_runtime."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""
TRANSCRIBE = """
from edge_runtime import Recognizer
with Recognizer.load(sys.argv[1]) as recognizer:
    print(recognizer.transcribe((16_000, numpy.sin(numpy.arange(16_000) / 6) / 2)).text)
"""


def _elsewhere(program: str, *arguments: str) -> str:
    """Return what a program prints without the modules and names of POSIX."""
    # ffmpeg's limits need it where ffmpeg is run, and the module that sets them imports it.
    hidden = POSIX_MODULES - {"resource", "posix"}
    # The standard library's own modules for POSIX need these three after they are imported.
    kept = {"os": {"fork", "uname", "wait"}}
    names = {module: sorted(of - kept.get(module, set())) for module, of in POSIX_NAMES.items()}
    start = f"HIDDEN = {sorted(hidden)!r}\nNAMES = {names!r}\n" + OTHER_SYSTEM
    command = [sys.executable, "-c", start + program, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_module_of_the_runtime_is_imported_where_posix_is_absent() -> None:
    assert _elsewhere(IMPORT_ALL) == ""


def test_a_recording_is_transcribed_where_posix_is_absent(tiny_bundle: Path) -> None:
    assert _elsewhere(TRANSCRIBE, str(tiny_bundle)) == "Hello tiny world.\n"
