"""macOS and Windows can import the runtime: it takes nothing from modules that only POSIX or Linux has."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import edge_runtime

PACKAGE = Path(edge_runtime.__file__).parent
POSIX_ONLY = {
    *("fcntl", "resource", "termios", "tty", "pty", "pwd", "grp", "posix", "syslog", "crypt", "spwd", "nis"),
}
IMPORT_ALL = f"""
import importlib, pkgutil, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in {POSIX_ONLY - {"posix", "pwd", "grp", "fcntl"}!r}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
for name in {POSIX_ONLY - {"posix", "pwd", "grp", "fcntl"}!r}:
    sys.modules.pop(name, None)
import edge_runtime
for module in pkgutil.walk_packages(edge_runtime.__path__, "edge_runtime."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""


def imported_at_once(tree: ast.Module) -> Iterator[str]:
    """Yield what is imported as soon as the module is."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").partition(".")[0]
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            waiting += ast.iter_child_nodes(node)


def test_no_module_needs_one_that_only_posix_has() -> None:
    needed = {
        str(path.relative_to(PACKAGE)): names
        for path in PACKAGE.rglob("*.py")
        if (names := set(imported_at_once(ast.parse(path.read_text("utf-8")))) & POSIX_ONLY)
    }
    assert needed == {}


def test_every_module_can_be_imported_where_they_are_absent() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORT_ALL], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
